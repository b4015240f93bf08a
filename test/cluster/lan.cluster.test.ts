import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Workspace } from "../../simulation/engine/index.ts";
import { succeeded } from "../../simulation/testing/life-cycle.ts";
import { type ClusterStack, skip, startClusterStack } from "./cluster-stack.ts";

/** `pulumi up` on a real cluster, from nothing to a packet of a LAN client and back. */
let stack: ClusterStack;
let workspace: Workspace;
let address = "";

before(async () => {
  if (skip !== false) return;
  stack = await startClusterStack();
  [address = ""] = stack.addresses;
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
  assert.deepEqual((endpoint as { addresses: string[] }).addresses, [address]);
});

test("a client of the LAN gets a token, plays, and is moved, through the address", {
  skip,
}, async () => {
  const heard = await stack.onLan<string[]>("lan-client.ts", "--host", address);
  assert.deepEqual(heard, ["echo-a one", "echo-a two", "echo-b three"]);
});

test("the director's account may read what it maps, and nothing else", { skip }, async () => {
  const accounts = await stack.cluster.admin.get("/api/v1/namespaces/games/serviceaccounts");
  const account = accounts.items.find(({ metadata }: { metadata: { name: string } }) =>
    metadata.name.startsWith("director-account"),
  );
  const may = async (verb: string, resource: string, namespace: string, group = "") => {
    const { status } = await stack.cluster.admin.create(
      "/apis/authorization.k8s.io/v1/subjectaccessreviews",
      {
        spec: {
          user: `system:serviceaccount:games:${account.metadata.name}`,
          resourceAttributes: { verb, resource, namespace, group },
        },
      },
    );
    return status.allowed;
  };
  for (const verb of ["get", "list", "watch"]) {
    assert.equal(await may(verb, "pods", "games"), true, verb);
    assert.equal(await may(verb, "pods", "kube-system"), false, verb);
    assert.equal(await may(verb, "secrets", "games"), false, verb);
    assert.equal(await may(verb, "configmaps", "games"), false, verb);
  }
  for (const verb of ["create", "update", "patch", "delete", "deletecollection"]) {
    assert.equal(await may(verb, "pods", "games"), false, verb);
    assert.equal(await may(verb, "deployments", "games", "apps"), false, verb);
  }
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
  assert.deepEqual((endpoint as { addresses: string[] }).addresses, [address]);
  const assigned = "jsonpath={.items[*].status.loadBalancer.ingress[*].ip}";
  assert.equal(await stack.kubectl("get", "services", "-n", "games", "-o", assigned), address);
  const heard = await stack.onLan<string[]>("lan-client.ts", "--host", address);
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
