import type { CheckFailure, Properties } from "../../components/provider/index.ts";
import type { Fact } from "./fact.ts";
import type { World } from "./world.ts";

/**
 * When a rule is asked:
 * `check`: before anything is created, preview included (what the provider plugin itself refuses);
 * `write`: on create and update (what the cloud's API refuses);
 * `sync`: after the object was stored (what a controller refuses: the object stays, unhealthy);
 * `delete`: before the object goes.
 */
export type Stage = "check" | "write" | "sync" | "delete";

/** What a rule may look at. */
export interface RuleSubject {
  readonly urn: string;
  /** Where the object lives: a subscription, a cluster, an account. At the `check` stage as far as the provider's configuration is known. */
  readonly scope: string;
  /** The identifier that the object has or would get. Empty at the `check` stage. */
  readonly id: string;
  /** False while it is created. */
  readonly exists: boolean;
  /** At the `check` stage any value may still be unknown. */
  readonly inputs: Properties;
  /** Empty at the `check` stage, which knows only the inputs. */
  readonly world: World;
}

/** A behaviour that an operation can run into. */
export interface Rule extends Fact {
  readonly stage: Stage;
  /** A warning lets the operation pass, as the cloud does, and tells the user. */
  readonly severity: "refuse" | "warn";
  /** What is wrong with the subject: nothing (`undefined`), a sentence, or one with its property. */
  broken(subject: RuleSubject): string | CheckFailure | undefined;
}

export interface Finding extends CheckFailure {
  readonly rule: Rule;
}

/** Every rule of a stage that the subject breaks, in order; not those that waiting would heal. */
export function findings(
  rules: readonly Rule[],
  stage: Stage,
  subject: RuleSubject,
): readonly Finding[] {
  return rules
    .filter((rule) => rule.stage === stage && !("patience" in rule))
    .flatMap((rule) => {
      const broken = rule.broken(subject);
      if (broken === undefined) {
        return [];
      }
      return [
        typeof broken === "string" ? { rule, property: "", reason: broken } : { rule, ...broken },
      ];
    });
}

/** The cloud said no. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly rules: readonly string[];

  constructor(refusals: readonly Finding[]) {
    super(refusals.map((refusal) => refusal.reason).join("; "));
    this.rules = refusals.map((refusal) => refusal.rule.id);
  }
}
