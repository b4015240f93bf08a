import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { Workspace } from "../../simulation/engine/index.ts";
import { succeeded } from "../../simulation/testing/life-cycle.ts";
import { type ClusterStack, skip, startClusterStack } from "./cluster-stack.ts";
import { flowStays } from "./flow.ts";

/**
 * Two nodes, a director on each, and one of them is taken out of service while it has the load
 * balancer's address: director, kube-proxy and MetalLB have to hand the flow over together.
 */
let stack: ClusterStack;
let workspace: Workspace;
/** Where the sessions are stored and the backend is: that node stays. */
let stays = "";
let leaves = "";

before(async () => {
  if (skip !== false) return;
  stack = await startClusterStack({ nodes: 2 });
  [stays = "", leaves = ""] = stack.cluster.nodes;
  workspace = await stack.open("sessions", { tokenTtl: 30, node: stays });
});
after(async () => {
  await workspace?.close();
  await stack?.close();
});

/** Node whose speaker answers for the load balancer's address, once one does. */
async function announcer(): Promise<string> {
  for (let left = 100; left > 0; left--) {
    const path = "jsonpath={.items[*].status.node}";
    const found = await stack.kubectl("get", "servicel2statuses", "-A", "-o", path);
    if (found !== "") return found;
    await pause(200);
  }
  throw new Error("nobody announces the address");
}

/** Which node announces an address is decided by a hash of both: one of several will do. */
async function addressOn(node: string): Promise<string> {
  for (const address of stack.addresses) {
    await workspace.configure({ address });
    succeeded(await workspace.up());
    if ((await announcer()) === node) return address;
  }
  throw new Error(`no address of ${stack.addresses} is announced by ${node}`);
}

test("a node that is drained hands the address and the flow to the other one", {
  skip,
}, async () => {
  const address = await addressOn(leaves);
  await flowStays(stack, address, { lost: 500, silentMs: 5000, handOverMs: 10_000 }, async () => {
    await stack.kubectl("drain", leaves, "--ignore-daemonsets", "--timeout=120s");
  });
  assert.equal(await announcer(), stays);
});
