import type { CheckRequest, Properties } from "../../components/provider/index.ts";
import type { Fact, ImmutableFact } from "../cloud/fact.ts";
import { hex } from "../cloud/identifiers.ts";
import type { OutputRequest, ResourceModel } from "../cloud/model.ts";
import type { Rule } from "../cloud/rule.ts";
import type { World } from "../cloud/world.ts";
import type { ShapedResource } from "../sdk-shapes/load.ts";

/** What all resources of a provider have in common that Pulumi bridges from Terraform. */
export interface Bridge {
  readonly cloud: string;
  /** How a name that is left out is made up. */
  readonly autonaming: Fact;
  /** Refuses names that are longer. */
  nameLength(max: number): Rule;
  scope(config: Properties): string;
  /** Outputs that every resource has, and what they are made of. */
  readonly computed: readonly string[];
  outputs(inputs: Properties): Properties;
}

/** What one resource type has of its own. */
export interface BridgedKind {
  /** Type token. */
  readonly type: string;
  /** Declaration file of the SDK's class. */
  readonly file: string;
  readonly rules?: readonly Rule[];
  readonly facts?: readonly Fact[];
  readonly immutable?: ImmutableFact;
  /** Paths that a change replaces under conditions. */
  replaces?(news: Properties, olds: Properties): readonly string[];
  /** Longest `name`, for a resource that is named by Pulumi. */
  readonly maxName?: number;
  /** Inputs that the provider fills in. */
  readonly defaults?: Properties;
  id(inputs: Properties, scope: string, world: World): string;
  readonly computed: readonly string[];
  outputs?(request: OutputRequest): Properties;
  /** Identifiers of what cannot go while this is there. */
  uses?(inputs: Properties, world: World): readonly string[];
}

/** A model and what the SDK calls it. */
export interface BridgedResource {
  readonly model: ResourceModel;
  readonly shape: ShapedResource;
}

/** Makes facts of what a Terraform provider says replaces its resources. */
export const forceNew =
  (folder: string, usual: Fact["basis"]) =>
  (
    id: string,
    says: string,
    paths: readonly string[],
    file: string,
    basis: Fact["basis"] = usual,
  ): ImmutableFact => ({
    id,
    basis,
    says,
    source: `${folder}/${file} ForceNew`,
    paths,
  });

/** Inputs with the name filled in from the last deployment or the seed. */
export function autonamed(request: CheckRequest): Properties {
  const { news, olds, name, randomSeed, urn } = request;
  if (news.name !== undefined || news.namePrefix !== undefined) {
    return news;
  }
  return { ...news, name: olds.name ?? `${name}-${hex(7, randomSeed, urn)}` };
}

/** Completes a kind. */
export function bridged(bridge: Bridge, kind: BridgedKind): BridgedResource {
  const named = kind.maxName !== undefined;
  const { uses } = kind;
  const defaults = (request: CheckRequest): Properties => ({
    ...kind.defaults,
    ...(named ? autonamed(request) : request.news),
  });
  const model: ResourceModel = {
    cloud: bridge.cloud,
    type: kind.type,
    rules: [
      ...(kind.maxName === undefined ? [] : [bridge.nameLength(kind.maxName)]),
      ...(kind.rules ?? []),
    ],
    facts: [
      ...(named ? [bridge.autonaming] : []),
      ...(kind.immutable === undefined ? [] : [kind.immutable]),
      ...(kind.facts ?? []),
    ],
    immutable: (news, _config, olds) => [
      ...(kind.immutable?.paths ?? []),
      ...(olds === undefined ? [] : (kind.replaces?.(news, olds) ?? [])),
    ],
    defaults,
    scope: (_inputs, config) => bridge.scope(config),
    id: kind.id,
    computed: [...kind.computed, ...bridge.computed],
    outputs: (request) => ({
      ...request.inputs,
      ...bridge.outputs(request.inputs),
      ...kind.outputs?.(request),
    }),
    // The bridge replaces a resource with a name of its user's own in that order.
    deleteBeforeReplace: (olds, news) =>
      named && olds.name !== undefined && olds.name === news.name,
    ...(uses === undefined ? {} : { uses: (inputs, _scope, world) => uses(inputs, world) }),
  };
  const args = `${kind.type.split(":").at(-1)}Args`;
  return { model, shape: { type: kind.type, file: kind.file, args } };
}
