import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { valueAt } from "./cloud/paths.ts";
import { openWorkspace } from "./engine/index.ts";
import { assertNoOrphans, succeeded } from "./testing/life-cycle.ts";

/** What a stack meets that uses things before they take effect, and how long it waits for them. */

const OPTIONS = {
  projectDir: path.join(import.meta.dirname, "test-program"),
  stack: "dev",
  timeoutMs: 120_000,
  world: {
    zones: ["example.com"],
    clusters: [{ name: "prod-aks", resourceGroup: "prod" }],
    quotas: { "aws-address-quota": 20 },
  },
};

test("the components of all clouds wait for what is late", async () => {
  await using workspace = await openWorkspace({ ...OPTIONS, main: "every-cloud.ts" });
  await workspace.world.seed({
    delays: {
      "aws-iam": 30,
      "aws-listener": 60,
      "azure-identity": 120,
      "azure-role": 300,
      "digitalocean-droplet": 45,
    },
  });
  succeeded(await workspace.up());
  const { waits, warnings } = await workspace.world.read();
  assert.ok(
    waits.every(({ enough }) => enough),
    JSON.stringify(waits),
  );
  const waitedFor = new Set(waits.map(({ rule }) => rule));
  // One wait is for all: whoever comes later finds the time gone by.
  assert.ok(waitedFor.has("aks-role-spreads"), [...waitedFor].join());
  assert.deepEqual(
    warnings.filter(({ rule }) => rule === "azure-identity-replicates"),
    [],
  );
  await assertNoOrphans(workspace);
});

test("a role that takes longer than the provider waits fails one deployment, not the next", async () => {
  await using workspace = await openWorkspace({ ...OPTIONS, main: "aks.ts" });
  await workspace.world.seed({ delays: { "azure-role": 1500 } });
  const failed = await workspace.up();
  assert.equal(failed.succeeded, false);
  assert.match(failed.terminal, /SyncLoadBalancerFailed: Code="AuthorizationFailed"/);
  await assertNoOrphans(workspace);
  await workspace.world.letPass(1500);
  succeeded(await workspace.up());
  const published = (await workspace.world.find(":Service")).filter(
    ({ inputs }) => valueAt(inputs, "spec.type") === "LoadBalancer",
  );
  assert.equal(published.length, 2);
  for (const { id, outputs } of published) {
    assert.ok(valueAt(outputs, "status.loadBalancer.ingress[0].ip"), id);
  }
  await assertNoOrphans(workspace);
});
