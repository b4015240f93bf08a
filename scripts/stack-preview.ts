import { localProvider } from "../components/local/plugin/provider.ts";
import type { Value } from "../components/provider/index.ts";
import { portsProvider } from "../components/traefik/plugin/provider.ts";
import { memoryPortStore } from "../components/traefik/ports/store.ts";
import { type PreviewedResource, plain, preview } from "../simulation/mini-engine/index.ts";
import { Advice, root } from "./terminal.ts";

/** A resource with its inputs and outputs as plain values. */
export type PlainResource = Omit<PreviewedResource, "inputs" | "outputs"> & {
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
};

/** What a stack would make, by a preview without an engine: no account, nothing is deployed. */
export async function stackResources(stack: string): Promise<readonly PlainResource[]> {
  const { exitCode, diagnostics, resources } = await preview({
    projectDir: root,
    stack,
    providers: [localProvider, portsProvider(memoryPortStore())],
  });
  if (exitCode !== 0) {
    const told = diagnostics.map(({ message }) => message).join("\n");
    throw new Advice(`the preview of ${stack} failed:\n${told}`);
  }
  return resources.map((resource) => ({
    ...resource,
    inputs: plain(resource.inputs as Value) as Record<string, unknown>,
    outputs: plain(resource.outputs as Value) as Record<string, unknown>,
  }));
}
