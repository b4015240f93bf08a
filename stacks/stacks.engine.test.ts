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

test("a change rolls the director, a replaced Service gives its port back first, destroy has an order", async () => {
  await using stack = await openWorkspace({ stack: "debug", projectDir });
  worked(await stack.up());
  const first = (await stack.outputs()) as Json;
  assert.deepEqual(Object.keys(first).toSorted(), ["endpoint", "metrics"]);

  const changed = await settings("debug");
  changed.dns.ttl = 300;
  changed.director.config = { tokenTtlSeconds: 60 };
  await stack.configure({ "udp:aks": changed });
  const touched = new Set(done(worked(await stack.up())).map((step) => step.split(" ")[1]));
  assert.ok(touched.has("udp-a"));
  // The new configuration has a new ConfigMap, and the Deployment rolls with it.
  assert.ok(touched.has("director-config") && touched.has("director-deployment"));
  for (const kept of [
    "udp-ip",
    "udp-network-contributor",
    "workload-service",
    "director-service",
  ]) {
    assert.ok(!touched.has(kept), kept);
  }

  // Another namespace means another Service: address and port are free before it takes them.
  changed.workload.namespace = "kube-public";
  await stack.configure({ "udp:aks": changed });
  const steps = done(worked(await stack.up()));
  const at = (operation: string) => steps.indexOf(`${operation} workload-service`);
  assert.ok(at("delete-replaced") >= 0 && at("delete-replaced") < at("create-replacement"));
  assert.deepEqual(((await stack.outputs()) as Json).endpoint.addresses, first.endpoint.addresses);

  const gone = done(worked(await stack.destroy()));
  for (const user of ["workload-service", "director-service", "udp-a"]) {
    for (const needed of ["udp-ip", "udp-network-contributor"]) {
      assert.ok(gone.indexOf(`delete ${user}`) < gone.indexOf(`delete ${needed}`), user);
    }
  }
});

test("somebody switches the record to proxied: the next run says so and stops (trap 28)", async () => {
  await using stack = await openWorkspace({ stack: "debug", projectDir });
  worked(await stack.up());
  await stack.world.change("DnsRecord", "proxied", true);
  const next = await stack.up();
  assert.equal(next.succeeded, false);
  assert.match(next.terminal, /has a proxied A record/);
});
