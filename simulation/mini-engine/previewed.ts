import type { Properties } from "../../components/provider/index.ts";

/** Options of a resource, as the engine receives them. */
export interface ResourceOptions {
  /** URNs; what the program asked for and what its inputs come from, together. */
  readonly dependencies: readonly string[];
  /** URNs by input property. */
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
  readonly protect: boolean;
  /** `undefined`: the provider decides. */
  readonly deleteBeforeReplace: boolean | undefined;
  readonly ignoreChanges: readonly string[];
  readonly replaceOnChanges: readonly string[];
  readonly retainOnDelete: boolean;
  readonly additionalSecretOutputs: readonly string[];
  readonly aliases: readonly string[];
  readonly importId: string;
  readonly version: string;
}

/** A resource that the program would create. Secrets are wrapped: see `isSecret` and `plain`. */
export interface PreviewedResource extends ResourceOptions {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  /** URN; empty for the stack. */
  readonly parent: string;
  readonly custom: boolean;
  /** `urn::id` of the provider that the program gave it; empty for the default one. */
  readonly provider: string;
  readonly id: string;
  /** Inputs after the provider's check, so with names and defaults. */
  readonly inputs: Properties;
  /** Outputs, with `UNKNOWN` for what only a deployment can tell. */
  readonly outputs: Properties;
}

export interface Diagnostic {
  readonly severity: "info" | "warning" | "error";
  readonly urn: string;
  readonly message: string;
}
