import assert from "node:assert/strict";
import path from "node:path";
import { isUnknown, type Value } from "../../components/provider/index.ts";
import { portsProvider } from "../../components/traefik/plugin/provider.ts";
import { memoryPortStore } from "../../components/traefik/ports/store.ts";
import type { Json } from "../../simulation/cluster/index.ts";
import { plain, preview } from "../../simulation/mini-engine/index.ts";

const root = path.resolve(import.meta.dirname, "../..");

/** Stacks of this repository that make objects in a cluster. */
export const STACKS = ["debug", "staging", "prod", "metallb", "l4", "pi-home"];

/** An object as a program sends it to a cluster. */
export interface Manifest {
  /** Stack or program that it comes from. */
  readonly from: string;
  readonly object: Json;
}

/** Objects of all stacks, and of a program with one of every component. */
export async function everyManifest(): Promise<readonly Manifest[]> {
  const manifests = await manifestsOf("components", import.meta.dirname);
  for (const stack of STACKS) manifests.push(...(await manifestsOf(stack, root)));
  return manifests;
}

async function manifestsOf(stack: string, projectDir: string): Promise<Manifest[]> {
  const providers = [portsProvider(memoryPortStore())];
  const { exitCode, resources, ...said } = await preview({ projectDir, stack, providers });
  const errors = said.diagnostics.map(({ message }) => message);
  assert.deepEqual([exitCode, errors], [0, []], `${stack}: ${said.terminal}`);
  const objects = resources
    .filter(({ type, custom }) => custom && type.startsWith("kubernetes:"))
    // Charts are judged where they are rendered.
    .filter(({ type }) => !type.startsWith("kubernetes:helm.sh"))
    .map(({ inputs }) => known(plain(inputs as Value)));
  assert.ok(objects.length > 0, `${stack} has no objects`);
  return objects.map((object) => ({ from: stack, object }));
}

/** What only a deployment can tell is a name or an address: any will do. */
function known(value: Json): Json {
  if (isUnknown(value)) return "unknown";
  if (Array.isArray(value)) return value.map(known);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, known(inner)]));
}

/** Pod templates of Deployments, StatefulSets and DaemonSets, as pods. */
export function podsOf(manifests: readonly Manifest[]): readonly Manifest[] {
  return manifests
    .filter(({ object }) => object.spec?.template?.spec?.containers !== undefined)
    .map(({ from, object }) => {
      const { namespace, name } = object.metadata;
      const { metadata, spec } = object.spec.template;
      const pod = { apiVersion: "v1", kind: "Pod", metadata: { ...metadata, namespace, name } };
      // The controller adds what a claim of its own becomes.
      const claims = (object.spec.volumeClaimTemplates ?? []).map((claim: Json) => ({
        name: claim.metadata.name,
        emptyDir: {},
      }));
      return {
        from,
        object: { ...pod, spec: { ...spec, volumes: [...(spec.volumes ?? []), ...claims] } },
      };
    });
}

/** `Kind namespace/name`. */
export const titleOf = ({ kind, metadata }: Json): string =>
  `${kind} ${metadata.namespace ?? "default"}/${metadata.name}`;
