import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Workspace } from "../../simulation/engine/index.ts";
import { succeeded } from "../../simulation/testing/life-cycle.ts";
import { ADDRESS, type ClusterStack, skip, startClusterStack } from "./cluster-stack.ts";

/** `pulumi up` on a real cluster, from nothing to a packet of a LAN client and back. */
let stack: ClusterStack;
let workspace: Workspace;

before(async () => {
  if (skip !== false) return;
  stack = await startClusterStack();
  workspace = await stack.open("program");
});
after(async () => {
  await workspace?.close();
  await stack?.close();
});

test("up makes MetalLB, a pool, the director and its backends from nothing", { skip }, async () => {
  const started = performance.now();
  succeeded(await workspace.up());
  console.log(`up took ${Math.round(performance.now() - started)} ms`);
  const { endpoint } = await workspace.outputs();
  assert.deepEqual((endpoint as { addresses: string[] }).addresses, [ADDRESS]);
});

test("a client of the LAN gets a token, plays, and is moved, through the address", {
  skip,
}, async () => {
  const heard = await stack.onLan<string[]>("lan-client.ts", "--host", ADDRESS);
  assert.deepEqual(heard, ["echo-a one", "echo-a two", "echo-b three"]);
});

test("a Service that somebody deleted comes back with its address, and clients find it", {
  skip,
}, async () => {
  const names = await stack.kubectl("get", "services", "-n", "games", "-o", "name");
  const balancer = names.split("\n").find((name) => name.includes("director-service"));
  await stack.kubectl("delete", "-n", "games", `${balancer}`);
  succeeded(await workspace.refresh());
  succeeded(await workspace.up());
  const { endpoint } = await workspace.outputs();
  assert.deepEqual((endpoint as { addresses: string[] }).addresses, [ADDRESS]);
  const assigned = "jsonpath={.items[*].status.loadBalancer.ingress[*].ip}";
  assert.equal(await stack.kubectl("get", "services", "-n", "games", "-o", assigned), ADDRESS);
  const heard = await stack.onLan<string[]>("lan-client.ts", "--host", ADDRESS);
  assert.deepEqual(heard, ["echo-a one", "echo-a two", "echo-b three"]);
});

test("a second up changes nothing", { skip }, async () => {
  const { changes } = succeeded(await workspace.up());
  assert.deepEqual(Object.keys(changes), ["same"]);
});

test("a refresh finds no drift", { skip }, async () => {
  const { changes } = succeeded(await workspace.refresh());
  assert.deepEqual(Object.keys(changes), ["same"]);
});

test("destroy leaves nothing of it", { skip }, async () => {
  succeeded(await workspace.destroy());
  const { items } = await stack.cluster.admin.get("/api/v1/namespaces");
  const names = items.map((one: { metadata: { name: string } }) => one.metadata.name);
  assert.deepEqual(names, ["default", "kube-node-lease", "kube-public", "kube-system"]);
});
