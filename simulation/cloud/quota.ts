import type { Rule, RuleSubject } from "./rule.ts";

/**
 * Makes a rule of how many there may be. A world's `quotas` says otherwise by the rule's id, for
 * an account whose limits are others than a new one's.
 */
export function quota({
  limit,
  others,
  answer,
  ...fact
}: Omit<Rule, "broken" | "stage" | "severity"> & {
  readonly limit: number;
  /** How many there are that count, the subject itself not among them. */
  others(subject: RuleSubject): number;
  /** What the cloud says to one too many. */
  answer(limit: number, subject: RuleSubject): string;
}): Rule {
  return {
    ...fact,
    stage: "write",
    severity: "refuse",
    broken: (subject) => {
      const allowed = subject.world.seed.quotas?.[fact.id] ?? limit;
      return !subject.exists && others(subject) >= allowed ? answer(allowed, subject) : undefined;
    },
  };
}
