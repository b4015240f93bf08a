import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { parse, stringify } from "yaml";
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

describe("a mistake ends in one clear line", { skip, concurrency: 2 }, () => {
  /** What the engine says of a failed `up`, a line each. */
  async function mistake(name: string, kubeconfig?: string): Promise<string[]> {
    await using wrong = await stack.open("refusals", { mistake: name, address }, kubeconfig);
    const started = performance.now();
    const result = await wrong.up();
    console.log(`${name}: refused after ${Math.round(performance.now() - started)} ms`);
    assert.equal(result.succeeded, false, result.terminal);
    await wrong.destroy();
    return result.diagnostics
      .filter(({ severity }) => severity === "error")
      .flatMap(({ message }) => message.split("\n"));
  }
  const says = (lines: readonly string[], line: RegExp) =>
    assert.equal(lines.filter((one) => line.test(one)).length, 1, lines.join("\n"));

  test("a pool that overlaps with another one", async () => {
    says(await mistake("pool"), /denied the request: CIDR .*overlaps with already defined CIDR/);
  });

  test("a kind without a definition", async () => {
    says(await mistake("definition"), /^no matches for kind "CiliumLoadBalancerIPPool"/);
  });

  test("an account without the permission", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "nobody-"));
    try {
      says(
        await mistake("permission", await kubeconfigOfNobody(path.join(folder, "kubeconfig"))),
        /ipaddresspools\.metallb\.io is forbidden: User \S+ cannot create resource/,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("an address that another Service has", async () => {
    const line = `Service games/taken-service-\\w+ got no address: ${address} is asked for, which`;
    says(await mistake("address"), new RegExp(line));
  });
});

/** A kubeconfig of an account that nobody has given any rights. */
async function kubeconfigOfNobody(file: string): Promise<string> {
  const accounts = "/api/v1/namespaces/default/serviceaccounts";
  await stack.cluster.admin.create(accounts, { metadata: { name: "nobody" } });
  const { status } = await stack.cluster.admin.create(`${accounts}/nobody/token`, {});
  const config = parse(await readFile(stack.cluster.kubeconfig, "utf8"));
  const name = config.users[0].name;
  await writeFile(file, stringify({ ...config, users: [{ name, user: { token: status.token } }] }));
  return file;
}

test("destroy leaves nothing of it", { skip }, async () => {
  succeeded(await workspace.destroy());
  const { items } = await stack.cluster.admin.get("/api/v1/namespaces");
  const names = items.map((one: { metadata: { name: string } }) => one.metadata.name);
  assert.deepEqual(names, ["default", "kube-node-lease", "kube-public", "kube-system"]);
});
