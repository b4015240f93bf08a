import type { CheckRequest, Properties } from "../../../components/provider/index.ts";
import type { Fact, ImmutableFact } from "../../cloud/fact.ts";
import type { OutputRequest, ResourceModel } from "../../cloud/model.ts";
import { mapOf } from "../../cloud/paths.ts";
import type { Rule } from "../../cloud/rule.ts";
import type { World } from "../../cloud/world.ts";
import type { ShapedResource } from "../../sdk-shapes/load.ts";
import { autonamed, autonaming, CLOUD, nameLength, scopeOf } from "./names.ts";

/** What one resource type has of its own; the rest is the same for all of AWS. */
export interface AwsKind {
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
export interface AwsResource {
  readonly model: ResourceModel;
  readonly shape: ShapedResource;
}

/** Completes a kind. */
export function resource(kind: AwsKind): AwsResource {
  const named = kind.maxName !== undefined;
  const { uses } = kind;
  const defaults = (request: CheckRequest): Properties => ({
    ...kind.defaults,
    ...(named ? autonamed(request) : request.news),
  });
  const model: ResourceModel = {
    cloud: CLOUD,
    type: kind.type,
    rules: [
      ...(kind.maxName === undefined ? [] : [nameLength(kind.maxName)]),
      ...(kind.rules ?? []),
    ],
    facts: [
      ...(named ? [autonaming] : []),
      ...(kind.immutable === undefined ? [] : [kind.immutable]),
      ...(kind.facts ?? []),
    ],
    immutable: (news, _config, olds) => [
      ...(kind.immutable?.paths ?? []),
      ...(olds === undefined ? [] : (kind.replaces?.(news, olds) ?? [])),
    ],
    defaults,
    scope: (_inputs, config) => scopeOf(config),
    id: kind.id,
    computed: [...kind.computed, "tagsAll"],
    outputs: (request) => ({
      ...request.inputs,
      tagsAll: mapOf(request.inputs.tags),
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
