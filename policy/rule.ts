import type { Properties } from "./values.ts";

/** A resource as a rule sees it. */
export interface Subject {
  /** Pulumi's token, such as `kubernetes:core/v1:Service`. */
  readonly type: string;
  readonly urn: string;
  /** Logical name. */
  readonly name: string;
  /** Inputs for a rule over one resource, outputs for one over the stack. */
  readonly props: Properties;
  readonly protect: boolean;
  /** `undefined`: the provider decides. */
  readonly deleteBeforeReplace: boolean | undefined;
}

/** What is wrong with one resource of a stack. */
export interface Finding {
  readonly urn: string;
  readonly fault: string;
}

/**
 * `mandatory` stops a deployment: the platform documents that packets, the address or the
 * deployment itself are lost. `advisory` warns: it depends on what the stack does not show, or it
 * costs something only later.
 */
export type Level = "mandatory" | "advisory";

interface About {
  /** `udp-` and words with hyphens. */
  readonly name: string;
  readonly level: Level;
  /** Why it stops a deployment, or does not. */
  readonly levelReason: string;
  /** Number of the trap in the project's pages; `undefined` for what is older than UDP. */
  readonly trap: number | undefined;
  /** What it refuses, in a sentence. */
  readonly refuses: string;
  /** What to do instead, in a sentence. */
  readonly wayOut: string;
}

/** A rule over one resource, asked before the resource is made or changed. */
export interface ResourceRule extends About {
  /** Types that it is asked about. */
  readonly types: RegExp;
  /** What is wrong, in a line each. */
  faults(subject: Subject): readonly string[];
}

/** A rule over all resources of a stack, asked when all of them are known. */
export interface StackRule extends About {
  stackFaults(subjects: readonly Subject[]): readonly Finding[];
}

/** A trap that a stack can be checked for. Pure: no I/O, never throws. */
export type Rule = ResourceRule | StackRule;
