import type { CheckRequest, Properties } from "../../components/provider/index.ts";
import type { Fact } from "./fact.ts";
import type { Rule } from "./rule.ts";
import type { CloudObject, World } from "./world.ts";

/** What the outputs of a resource are made from. */
export interface OutputRequest {
  readonly inputs: Properties;
  readonly id: string;
  readonly scope: string;
  readonly world: World;
  /** Outputs before an update: what was assigned once stays. */
  readonly previous: Properties | undefined;
  /** False if a controller refused the object (`sync` rules): it is there, but nothing came of it. */
  readonly synced: boolean;
}

/** How one resource type behaves in a simulated cloud. Everything here is a pure function. */
export interface ResourceModel {
  readonly cloud: string;
  /** Type token, for example `azure-native:network:PublicIPAddress`. */
  readonly type: string;
  readonly rules: readonly Rule[];
  /** What the model itself rests on, beside its rules. */
  readonly facts: readonly Fact[];
  /**
   * Paths without indexes whose change replaces the resource; from some `olds` on there may be
   * more of them.
   */
  immutable(news: Properties, config: Properties, olds?: Properties): readonly string[];
  /** Inputs with names and defaults filled in; runs before the rules of the `check` stage. */
  defaults(request: CheckRequest, config: Properties): Properties;
  scope(inputs: Properties, config: Properties, world: World): string;
  id(inputs: Properties, scope: string, world: World): string;
  /** The identifier behind the one that an import is given, where they differ. */
  imported?(id: string): string;
  /** Output paths that only creating can tell. */
  readonly computed: readonly string[];
  outputs(request: OutputRequest): Properties;
  /** The old one has to go before its replacement can come. */
  deleteBeforeReplace(olds: Properties, news: Properties): boolean;
  /** Identifiers of objects that cannot go while this one is there. */
  uses?(inputs: Properties, scope: string, world: World): readonly string[];
  /** Whether the provider waits until controllers are done with the object. Default: it does. */
  awaited?(inputs: Properties): boolean;
  /** What goes together with the object when it is deleted. */
  cascade?(object: CloudObject, world: World): readonly CloudObject[];
  /** What stays in the clouds when the object is deleted, and no program knows of. */
  leaves?(object: CloudObject): readonly CloudObject[];
}
