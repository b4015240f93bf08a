import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Workspace } from "../../simulation/engine/index.ts";
import { succeeded } from "../../simulation/testing/life-cycle.ts";
import { type ClusterStack, skip, startClusterStack } from "./cluster-stack.ts";

/** Fresh installations in a row; CLUSTER_INSTALLS=10 for as many as a change of MetalLB deserves. */
const INSTALLS = Number(process.env.CLUSTER_INSTALLS ?? 2);

let stack: ClusterStack;
let workspace: Workspace;

before(async () => {
  if (skip !== false) return;
  stack = await startClusterStack();
  workspace = await stack.open("metallb");
});
after(async () => {
  await workspace?.close();
  await stack?.close();
});

test("a pool right behind a fresh MetalLB is never lost to its webhook", { skip }, async () => {
  const seconds: number[] = [];
  for (let left = INSTALLS; left > 0; left--) {
    const started = performance.now();
    succeeded(await workspace.up());
    seconds.push(Math.round((performance.now() - started) / 1000));
    const pools = await stack.kubectl("get", "ipaddresspools", "-A", "-o", "name");
    assert.match(pools, /^ipaddresspool\.metallb\.io\/lan-pool-/);
    succeeded(await workspace.destroy());
  }
  console.log(`${INSTALLS} installations: ${seconds.join(", ")} s`);
});
