import assert from "node:assert/strict";
import type { DeploymentResult, Workspace } from "../engine/index.ts";

/** Holds that a command went well. */
export function succeeded(result: DeploymentResult): DeploymentResult {
  assert.ok(result.succeeded, result.terminal);
  return result;
}

/** What was done in a line each: created, updated, deleted or replaced. */
export const changesOf = ({ steps }: DeploymentResult): string[] =>
  steps
    .filter(({ operation }) => ["create", "update", "delete", "replace"].includes(operation))
    .map(({ operation, type, name }) => `${operation} ${type.split(":").at(-1)} ${name}`)
    .sort();

/** `Type name` of a URN. */
export function shortName(urn: string): string {
  const [, , types = "", ...name] = urn.split("::");
  return `${types.split(":").at(-1)} ${name.join("::")}`;
}

/** The engine's own resources, and those of our own providers: they are in no simulated cloud. */
const ELSEWHERE = /^(pulumi|udp-local|udp-ports):/;

/** Holds that every object in the clouds is in the engine's state, and the other way round. */
export async function assertNoOrphans(workspace: Workspace): Promise<void> {
  const state = await workspace.exportState();
  const ids = state
    .filter(({ custom, type }) => custom && !ELSEWHERE.test(type))
    .map(({ id }) => id ?? "");
  const world = await workspace.world.read();
  assert.deepEqual(world.objects.map(({ id }) => id).sort(), ids.sort());
}
