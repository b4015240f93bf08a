import type { Finding, Rule, RuleSubject } from "./rule.ts";
import type { CloudObject, World } from "./world.ts";

/** What can be late: made, and shown as made, but not yet to be used. Keys of a world's `delays`. */
export type Late =
  | "aws-iam"
  | "aws-listener"
  | "azure-identity"
  | "azure-role"
  | "digitalocean-droplet"
  | "kubernetes-definition"
  | "kubernetes-webhook";

/**
 * A rule that holds for a while only: until something that the subject needs can be used.
 *
 * Time does not pass by itself in a world, but by waiting: a provider that asks again lets its
 * patience go by in one step, and an attempt that nothing repeats takes a second. So a test of
 * ten minutes takes none, and says the same each time.
 */
export interface Delay extends Rule {
  readonly late: Late;
  /**
   * Seconds for which the provider, or the controller that it waits for, asks again before it
   * fails. 0: it asks once.
   */
  readonly patience: number;
  /** The world's clock from which on the subject gets what it needs, `undefined` if it needs nothing. */
  readyAt(subject: RuleSubject): number | undefined;
}

/** A provider that waited, or the attempt of one that does not. */
export interface Wait {
  readonly urn: string;
  readonly rule: string;
  /** 0 for a provider that asks once. */
  readonly seconds: number;
  /** What it waited for came in time. */
  readonly enough: boolean;
}

/** Makes a delay. */
export function delay({
  needs,
  answer,
  ...fact
}: Omit<Delay, "broken" | "readyAt" | "severity"> & {
  /** What the subject needs: each of them on its own would do. Empty: nothing that is late. */
  needs(subject: RuleSubject): readonly CloudObject[];
  /** What the cloud says meanwhile. */
  answer(subject: RuleSubject): string;
}): Delay {
  const readyAt = (subject: RuleSubject): number | undefined => {
    const seconds = subject.world.seed.delays?.[fact.late] ?? 0;
    const ready = needs(subject).map(({ born }) => (born === undefined ? 0 : born + seconds));
    return ready.length === 0 ? undefined : Math.min(...ready);
  };
  return {
    ...fact,
    severity: "refuse",
    readyAt,
    broken: (subject) =>
      (readyAt(subject) ?? 0) > subject.world.clock ? answer(subject) : undefined,
  };
}

const isDelay = (rule: Rule): rule is Delay => "patience" in rule;

/**
 * Lets the time pass for which the provider waits for what the subject needs.
 *
 * @param awaited False if the provider does not wait for controllers: they go on without it, and
 *   get there in the end.
 * @returns The world afterwards, and what was still late then.
 */
export function waited(
  rules: readonly Rule[],
  subject: RuleSubject,
  awaited: boolean,
): { readonly world: World; readonly late: readonly Finding[] } {
  let { world } = subject;
  const late: Finding[] = [];
  for (const rule of rules.filter(isDelay)) {
    const missing = (rule.readyAt(subject) ?? 0) - world.clock;
    if (missing <= 0 || (rule.stage === "sync" && !awaited)) {
      continue;
    }
    const enough = missing <= rule.patience;
    const seconds = enough ? missing : rule.patience;
    const wait = { urn: subject.urn, rule: rule.id, seconds, enough };
    world = {
      ...world,
      clock: world.clock + Math.max(seconds, 1),
      waits: [...world.waits, wait],
    };
    if (!enough) {
      late.push({ rule, property: "", reason: String(rule.broken(subject)) });
    }
  }
  return { world, late };
}
