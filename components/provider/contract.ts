import type { Properties, Value } from "./values.ts";

/** One mistake in a resource's inputs, reported by the engine under the resource's name. */
export interface CheckFailure {
  /** Path of the property, for example `sku.name`. */
  readonly property: string;
  readonly reason: string;
}

/**
 * How a property changes, in the engine's own words. A kind that ends in `-replace` makes the
 * engine replace the resource.
 */
export type ChangeKind =
  | "add"
  | "add-replace"
  | "delete"
  | "delete-replace"
  | "update"
  | "update-replace";

export interface DiffResult {
  /** Changed properties by path; empty means that nothing changes. */
  readonly changes: Readonly<Record<string, ChangeKind>>;
  /** The old resource has to go before the new one can come (a fixed name, a port). Default: false. */
  readonly deleteBeforeReplace?: boolean;
}

export interface ResourceRef {
  readonly urn: string;
  /** Type token, for example `azure-native:network:PublicIPAddress`. */
  readonly type: string;
  /** Logical name, the last part of the URN. */
  readonly name: string;
}

export interface CheckRequest extends ResourceRef {
  /** Inputs of the last deployment; empty for a new resource. */
  readonly olds: Properties;
  readonly news: Properties;
  /** The same for every operation of one step: derive physical names from it, never from a clock. */
  readonly randomSeed: Uint8Array;
}

export interface CheckResult {
  /** Inputs with defaults filled in. The engine keeps these. */
  readonly inputs: Properties;
  readonly failures?: readonly CheckFailure[];
}

export interface DiffRequest extends ResourceRef {
  readonly id: string;
  readonly oldInputs: Properties;
  readonly oldOutputs: Properties;
  readonly news: Properties;
  /** Property paths whose changes are to be passed over. The engine has already applied them to `news`. */
  readonly ignoreChanges: readonly string[];
}

export interface CreateRequest extends ResourceRef {
  readonly inputs: Properties;
  /** True while previewing: change nothing, give `UNKNOWN` for what only creating can tell. */
  readonly preview: boolean;
  /** Seconds; 0 means the provider's own default. */
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
}

export interface UpdateRequest extends CreateRequest {
  readonly id: string;
  readonly oldInputs: Properties;
  readonly oldOutputs: Properties;
}

export interface ReadRequest extends ResourceRef {
  readonly id: string;
  /** Last known inputs and outputs; empty for an import. */
  readonly inputs: Properties;
  readonly outputs: Properties;
}

export interface DeleteRequest extends ResourceRef {
  readonly id: string;
  readonly inputs: Properties;
  readonly outputs: Properties;
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
}

export interface Created {
  readonly id: string;
  readonly outputs: Properties;
}

export interface Found {
  readonly id: string;
  readonly inputs: Properties;
  readonly outputs: Properties;
}

/** Create, read, update and delete of one resource type. */
export interface ResourceHandler {
  /** Left out: inputs pass as they are. */
  check?(request: CheckRequest): CheckResult | Promise<CheckResult>;
  diff(request: DiffRequest): DiffResult | Promise<DiffResult>;
  create(request: CreateRequest): Created | Promise<Created>;
  /** `undefined`: the resource is gone, and the engine drops it from its state. */
  read(request: ReadRequest): Found | undefined | Promise<Found | undefined>;
  update(request: UpdateRequest): Properties | Promise<Properties>;
  delete(request: DeleteRequest): void | Promise<void>;
}

export interface InvokeRequest {
  /** Function token, for example `cloudflare:index/getDnsRecords:getDnsRecords`. */
  readonly token: string;
  readonly args: Properties;
}

export interface InvokeResult {
  readonly result: Properties;
  readonly failures?: readonly CheckFailure[];
}

/** A provider plugin: a name, a version and a handler for each type token. */
export interface Provider {
  readonly name: string;
  /** Semantic version without a `v`. The engine wants at least the version that the SDK names. */
  readonly version: string;
  /** `undefined`: the type is not known, which fails the resource with its token named. */
  resource(type: string): ResourceHandler | undefined;
  checkConfig?(news: Properties): CheckResult | Promise<CheckResult>;
  configure?(config: Properties): void | Promise<void>;
  invoke?(request: InvokeRequest): InvokeResult | Promise<InvokeResult>;
  /** Package schema as JSON text. Default: `{}`, which is enough for the engine. */
  readonly schema?: string;
}

/**
 * The resource exists but is not healthy. The engine records it with `outputs` as it is, reports
 * the reasons, and tries an update next time instead of losing track of it.
 */
export class UnhealthyResourceError extends Error {
  readonly id: string;
  readonly inputs: Properties;
  readonly outputs: Properties;
  readonly reasons: readonly string[];

  constructor(details: {
    id: string;
    inputs: Properties;
    outputs: Properties;
    reasons: readonly string[];
  }) {
    super(details.reasons.join("; "));
    this.name = "UnhealthyResourceError";
    this.id = details.id;
    this.inputs = details.inputs;
    this.outputs = details.outputs;
    this.reasons = details.reasons;
  }
}

export type { Properties, Value };
