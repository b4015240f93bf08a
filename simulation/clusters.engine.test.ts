import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { openWorkspace } from "./engine/index.ts";
import { assertNoOrphans, changesOf, succeeded } from "./testing/life-cycle.ts";

const OPTIONS = {
  projectDir: path.join(import.meta.dirname, "test-program"),
  main: "clusters.ts",
  stack: "dev",
  timeoutMs: 120_000,
};
const ADDRESSES = ["192.168.1.200", "192.168.1.201", "10.0.150.205"];

test("MetalLB and Cilium live on the real engine, and the webhook may come up late", async (t) => {
  await using workspace = await openWorkspace(OPTIONS);
  assert.equal(succeeded(await workspace.preview()).changes.create, 17);

  await t.test("trap 22: the first up goes through although the webhook is late", async () => {
    await workspace.world.seed({ delays: { "kubernetes-webhook": 3 } });
    assert.equal(succeeded(await workspace.up()).changes.create, 17);
    const { waits, warnings } = await workspace.world.read();
    assert.deepEqual(
      waits.map(({ rule, enough }) => [rule, enough]),
      Array(3).fill(["kubernetes-webhook-starts", false]),
    );
    assert.deepEqual(warnings, []);
    assert.deepEqual((await workspace.outputs()).addresses, ADDRESSES);
    await assertNoOrphans(workspace);
  });

  await t.test("a second up changes nothing", async () => {
    assert.deepEqual(succeeded(await workspace.up()).changes, { same: 17 });
  });

  await t.test("what the webhook refuses is an error at once, not a race", async () => {
    await workspace.configure({ range: "192.168.1.220-192.168.1.200" });
    const result = await workspace.up();
    assert.equal(result.succeeded, false);
    assert.match(result.terminal, /addresses\[0\]: .*is not a range/);
    await workspace.configure({ range: "192.168.1.200-192.168.1.230" });
    assert.deepEqual(changesOf(succeeded(await workspace.up())), ["update IPAddressPool lan-pool"]);
    assert.deepEqual((await workspace.outputs()).addresses, ADDRESSES);
  });

  await t.test("another address is asked for on the same Service", async () => {
    await workspace.configure({ range: "192.168.1.200-192.168.1.230", address: "192.168.1.222" });
    assert.deepEqual(changesOf(succeeded(await workspace.up())), ["update Service audio-service"]);
    assert.equal(
      ((await workspace.outputs()) as { addresses: string[] }).addresses[0],
      "192.168.1.222",
    );
  });

  await t.test("destroy leaves nothing", async () => {
    succeeded(await workspace.destroy());
    assert.deepEqual((await workspace.world.read()).objects, []);
  });
});
