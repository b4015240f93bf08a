import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { type DeploymentResult, openWorkspace } from "../simulation/engine/index.ts";

const projectDir = path.resolve(import.meta.dirname, "..");

/** Loose access for changes of nested settings. */
// biome-ignore lint/suspicious/noExplicitAny: a test that names a wrong path fails by itself.
type Json = any;

async function settings(stack: string): Promise<Json> {
  const file = await readFile(path.join(projectDir, `Pulumi.${stack}.yaml`), "utf8");
  return (parse(file) as Json).config["udp:aks"];
}

function worked(result: DeploymentResult): DeploymentResult {
  assert.ok(result.succeeded, result.terminal);
  return result;
}

/** What was done, as `operation name`, without what stayed. */
const done = (result: DeploymentResult): string[] =>
  result.steps
    .filter(({ operation }) => operation !== "same" && operation !== "read")
    .map(({ operation, name }) => `${operation} ${name}`);

test("debug lives: up, no change, a change, a replacement, destroy", async () => {
  await using stack = await openWorkspace({ stack: "debug", projectDir });
  worked(await stack.preview());
  worked(await stack.up());
  const first = (await stack.outputs()) as Json;
  assert.equal(first.endpoint.addresses.length, 1);
  assert.deepEqual(Object.keys(first).toSorted(), ["endpoint", "metrics"]);
  assert.deepEqual(done(worked(await stack.up())), []);
  worked(await stack.refresh());
  assert.deepEqual(done(worked(await stack.up())), [], "what the clouds tell is what was asked");

  // A further port and another life of the name change two things in place.
  const changed = await settings("debug");
  changed.ports.push({ name: "video", port: 8001, protocol: "UDP" });
  changed.dns.ttl = 300;
  changed.director.config = { tokenTtlSeconds: 60 };
  await stack.configure({ "udp:aks": changed });
  const second = worked(await stack.up());
  const touched = new Set(
    second.steps.filter(({ operation }) => operation !== "same").map(({ name }) => name),
  );
  assert.ok(touched.has("workload-service") && touched.has("udp-a"), [...touched].join());
  // The new configuration has a new ConfigMap, and the Deployment rolls with it.
  assert.ok(touched.has("director-config") && touched.has("director-deployment"));
  for (const kept of ["udp-ip", "udp-group", "udp-network-contributor", "director-service"]) {
    assert.ok(!touched.has(kept), kept);
  }
  const third = (await stack.outputs()) as Json;
  assert.deepEqual(third.endpoint.addresses, first.endpoint.addresses);

  // Another namespace means another Service: it gives address and port back before it takes them.
  changed.workload.namespace = "kube-public";
  await stack.configure({ "udp:aks": changed });
  const moved = worked(await stack.up());
  const order = moved.steps
    .filter(({ name }) => name === "workload-service")
    .map((s) => s.operation);
  const deleted = order.indexOf("delete-replaced");
  assert.ok(deleted >= 0 && deleted < order.indexOf("create-replacement"), order.join());
  assert.deepEqual(((await stack.outputs()) as Json).endpoint.addresses, first.endpoint.addresses);

  const gone = worked(await stack.destroy());
  const names = gone.steps
    .filter(({ operation }) => operation === "delete")
    .map(({ name }) => name);
  for (const user of ["workload-service", "director-service", "udp-a"]) {
    assert.ok(names.indexOf(user) < names.indexOf("udp-ip"), `${user} goes before the address`);
    assert.ok(names.indexOf(user) < names.indexOf("udp-network-contributor"), `${user}, role`);
  }
  assert.deepEqual(await stack.exportState(), []);
});

test("prod keeps its address: neither destroy nor a replacement gets through (trap 3)", async () => {
  await using stack = await openWorkspace({ stack: "prod", projectDir });
  worked(await stack.up());
  const destroyed = await stack.destroy();
  assert.equal(destroyed.succeeded, false);
  assert.match(destroyed.terminal, /protect/);
  const left = (await stack.world.find(":PublicIPAddress")).length;
  assert.equal(left, 1, "the address is still there");
});

test("somebody switches the record to proxied: the next run says so and stops (trap 28)", async () => {
  await using stack = await openWorkspace({ stack: "debug", projectDir });
  worked(await stack.up());
  await stack.world.change("DnsRecord", "proxied", true);
  const next = await stack.up();
  assert.equal(next.succeeded, false);
  assert.match(next.terminal, /has a proxied A record/);
});
