import type { CheckRequest, Properties, Value } from "../../../components/provider/index.ts";
import { hex } from "../../cloud/identifiers.ts";
import { listOf, mapOf, textOf, valueAt, withValueAt } from "../../cloud/paths.ts";
import * as facts from "../../providers/kubernetes/object-rules.ts";
import { AUTONAMED, annotationsOf, nameOf } from "../../providers/kubernetes/objects.ts";

/** Output that remembers who an object's fields belong to. */
export const FIELD_MANAGER = "__fieldManager";

/**
 * Inputs with what the provider fills in: a name where there is none, `data` for `stringData`. The
 * namespace stays open, as only the API server knows which kinds have one.
 * Source: pulumi/pulumi-kubernetes provider/pkg/metadata/naming.go, provider/provider.go, Check.
 */
export function withName({ news, olds, name, urn, randomSeed }: CheckRequest): Properties {
  const inputs = normalized(news);
  if (valueAt(inputs, "metadata.name") !== undefined) return inputs;
  const adopted = annotationsOf(olds)[AUTONAMED] === "true" ? nameOf(olds) : undefined;
  const named = withValueAt(
    inputs,
    "metadata.name",
    adopted ?? `${name}-${hex(8, randomSeed, urn)}`,
  );
  const annotations = { ...annotationsOf(named), [AUTONAMED]: "true" };
  return withValueAt(named, "metadata.annotations", annotations);
}

function normalized(inputs: Properties): Properties {
  if (inputs.kind !== "Secret" || inputs.stringData === undefined) return inputs;
  const { stringData, ...rest } = inputs;
  const encoded = Object.entries(mapOf(stringData)).map(([key, value]) => [
    key,
    Buffer.from(String(value)).toString("base64"),
  ]);
  return { ...rest, data: { ...mapOf(inputs.data), ...Object.fromEntries(encoded) } };
}

/** Whose the fields of an object are: as annotated, else as remembered, else of a fresh name. */
export function fieldManager(inputs: Properties, olds: Properties, urn: string): string {
  return (
    textOf(annotationsOf(inputs)["pulumi.com/patchFieldManager"]) ??
    textOf(olds[FIELD_MANAGER]) ??
    `pulumi-kubernetes-${hex(8, urn)}`
  );
}

/** Properties whose change replaces an object, as the provider's `forceNew` has them. */
export function immutablePaths(inputs: Properties): readonly string[] {
  return [...facts.identityImmutable.paths, ...(IMMUTABLE[textOf(inputs.kind) ?? ""] ?? [])];
}

const IMMUTABLE: Readonly<Record<string, readonly string[]>> = {
  ClusterRoleBinding: facts.roleBindingImmutable.paths,
  ConfigMap: facts.configMapImmutable.paths,
  DaemonSet: ["spec.selector"],
  Deployment: facts.deploymentImmutable.paths,
  RoleBinding: facts.roleBindingImmutable.paths,
  Secret: facts.secretImmutable.paths,
  Service: facts.serviceImmutable.paths,
  StatefulSet: facts.statefulSetImmutable.paths,
};

/**
 * The part of an object that a program speaks of: what the cluster adds is no change.
 * Source: pulumi/pulumi-kubernetes provider/pkg/provider/provider.go, pruneLiveState.
 */
export function pruned(live: Value | undefined, shape: Value | undefined): Value | undefined {
  if (live === undefined || shape === undefined || shape === null) return live;
  if (Array.isArray(shape) && Array.isArray(live)) {
    return live.map((one, index) => pruned(one, shape[index]) ?? null);
  }
  if (typeof shape !== "object" || typeof live !== "object" || live === null) return live;
  if (Array.isArray(shape) || Array.isArray(live)) return live;
  const [from, like] = [mapOf(live), mapOf(shape)];
  const kept = Object.keys(like).filter((key) => from[key] !== undefined);
  return Object.fromEntries(kept.map((key) => [key, pruned(from[key], like[key]) ?? null]));
}

/** An object as outputs: with what the provider remembers, without the long record of managers. */
export function outputsOf(object: Properties, manager: string): Properties {
  return {
    ...withValueAt(object, "metadata.managedFields", undefined),
    __initialApiVersion: object.apiVersion ?? "",
    [FIELD_MANAGER]: manager,
  };
}

/** Who has written which fields of a live object. */
export const managersOf = (live: Properties): readonly Properties[] =>
  listOf(valueAt(live, "metadata.managedFields")).map(mapOf);
