import assert from "node:assert/strict";
import path from "node:path";
import { localProvider } from "../../components/local/plugin/provider.ts";
import type { Value } from "../../components/provider/index.ts";
import { portsProvider } from "../../components/traefik/plugin/provider.ts";
import { memoryPortStore } from "../../components/traefik/ports/store.ts";
import {
  type PreviewedResource,
  type PreviewResult,
  plain,
  preview,
} from "../../simulation/mini-engine/index.ts";

const projectDir = path.resolve(import.meta.dirname, "../..");

/** Loose access for assertions on nested inputs. */
// biome-ignore lint/suspicious/noExplicitAny: a test that names a wrong path fails by itself.
export type Json = any;

/** A resource with its inputs as plain values. */
export type Shown = PreviewedResource & { readonly given: Json };

/** A stack's preview with ways to find resources in it. */
export interface Preview extends PreviewResult {
  /** The one resource whose type ends so; with a name where there are several. */
  one(type: string, name?: string): Shown;
  /** All resources whose type ends so. */
  all(type: string): readonly Shown[];
}

/** Previews a stack of this repository, which has to be without errors and warnings. */
export async function previewed(
  stack: string,
  config?: Readonly<Record<string, unknown>>,
): Promise<Preview> {
  const result = await preview({
    projectDir,
    stack,
    providers: [localProvider, portsProvider(memoryPortStore())],
    ...(config === undefined ? {} : { config }),
  });
  assert.deepEqual([result.exitCode, result.diagnostics], [0, []], result.terminal);
  const all = (type: string): Shown[] =>
    result.resources
      .filter((resource) => resource.type.endsWith(`:${type}`))
      .map((resource) => ({ ...resource, given: plain(resource.inputs as Value) }));
  const one = (type: string, name?: string): Shown => {
    const found = all(type).filter((resource) => name === undefined || resource.name === name);
    const [only, ...others] = found;
    assert.ok(only !== undefined && others.length === 0, `${found.length} of ${type} ${name}`);
    return only;
  };
  return { ...result, one, all };
}

/** What is said of settings that are wrong. */
export async function refusal(config: Readonly<Record<string, unknown>>): Promise<string> {
  const result = await preview({ projectDir, stack: "none", config });
  assert.notEqual(result.exitCode, 0);
  assert.equal(result.resources.filter(({ custom }) => custom).length, 0);
  const [first] = result.diagnostics.filter(({ severity }) => severity === "error");
  assert.doesNotMatch(first?.message ?? "", /^\s+at /m);
  return first?.message ?? "";
}

/** `UDP 4433`, for each port of a Service. */
export const published = (service: Shown): string[] =>
  service.given.spec.ports.map((port: Json) => `${port.protocol} ${port.port}`);

/** Holds that every object of Kubernetes goes to the cluster of the settings. */
export function onTheCluster({ resources }: Preview): void {
  const objects = resources.filter(({ type, custom }) => custom && /^kubernetes:/.test(type));
  assert.ok(objects.length > 0);
  for (const { name, provider } of objects) {
    assert.match(provider, /pulumi:providers:kubernetes::cluster/, name);
  }
}

/** Holds that each component is the stack's, and each resource a component's. */
export function wellParented({ resources }: Preview): void {
  const stack = resources.find(({ type }) => type === "pulumi:pulumi:Stack");
  for (const { custom, type, name, parent } of resources) {
    if (custom && !type.startsWith("pulumi:providers:") && parent === stack?.urn) {
      assert.fail(`${type} ${name} has no component`);
    }
  }
}
