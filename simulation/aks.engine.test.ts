import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { openWorkspace } from "./engine/index.ts";
import { assertNoOrphans, changesOf, succeeded } from "./testing/life-cycle.ts";

const OPTIONS = {
  projectDir: path.join(import.meta.dirname, "test-program"),
  main: "aks.ts",
  stack: "dev",
  timeoutMs: 120_000,
  world: {
    zones: ["example.com"],
    clusters: [{ name: "prod-aks", resourceGroup: "prod" }],
    anyCluster: false,
  },
};

test("a stack on AKS lives on the real engine, and its address through all of it", async (t) => {
  await using workspace = await openWorkspace(OPTIONS);
  const { changes } = succeeded(await workspace.preview());
  assert.deepEqual(Object.keys(changes), ["create"]);
  assert.deepEqual(succeeded(await workspace.up()).changes, changes);
  assert.deepEqual((await workspace.world.read()).warnings, []);
  const { address } = await workspace.outputs();
  const changed = async (config: Readonly<Record<string, unknown>>) => {
    await workspace.configure(config);
    const result = succeeded(await workspace.up());
    assert.equal((await workspace.outputs()).address, address);
    const [record] = await workspace.world.find(":DnsRecord");
    assert.equal(record?.inputs.content, address);
    await assertNoOrphans(workspace);
    return changesOf(result);
  };

  await t.test("a second up changes nothing", async () => {
    assert.deepEqual(succeeded(await workspace.up()).changes, { same: changes.create });
  });

  await t.test("a port comes and goes in the Service alone", async () => {
    assert.deepEqual(await changed({ video: true }), ["update Service audio-relay-service"]);
    assert.deepEqual(await changed({ video: false }), ["update Service audio-relay-service"]);
  });

  await t.test("the load balancer's Service is replaced, the address stays", async () => {
    assert.deepEqual(await changed({ namespace: "kube-public" }), [
      "replace Service audio-relay-service",
    ]);
  });

  await t.test("with an alias another name replaces neither address nor Service", async () => {
    const steps = await changed({ name: "relay2" });
    assert.ok(
      steps.every((step) => step.startsWith("update")),
      steps.join("\n"),
    );
  });

  await t.test("drift is seen by a refresh and taken back by up", async () => {
    await workspace.world.change(":PublicIPAddress", "tags", { owner: "somebody" });
    assert.deepEqual(changesOf(succeeded(await workspace.refresh())), [
      "update PublicIPAddress audio-relay2-ip",
    ]);
    assert.deepEqual(await changed({}), ["update PublicIPAddress audio-relay2-ip"]);
  });

  await t.test("a protected address outlives an attempt to destroy its stack", async () => {
    assert.equal((await workspace.destroy()).succeeded, false);
    assert.equal((await workspace.world.find(":PublicIPAddress")).length, 1);
    await workspace.unprotect();
    succeeded(await workspace.destroy());
    assert.deepEqual((await workspace.world.read()).objects, []);
  });
});
