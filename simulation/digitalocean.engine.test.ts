import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { openWorkspace } from "./engine/index.ts";
import { assertNoOrphans, changesOf, succeeded } from "./testing/life-cycle.ts";

const OPTIONS = {
  projectDir: path.join(import.meta.dirname, "test-program"),
  main: "digitalocean.ts",
  stack: "dev",
  timeoutMs: 120_000,
  world: { zones: ["example.com"] },
};

test("a stack on DigitalOcean lives on the real engine, and its addresses through all of it", async (t) => {
  await using workspace = await openWorkspace(OPTIONS);
  assert.deepEqual(succeeded(await workspace.preview()).changes, { create: 12 });
  assert.deepEqual(succeeded(await workspace.up()).changes, { create: 12 });
  assert.deepEqual((await workspace.world.read()).warnings, []);
  const { address, pool, dropletId } = await workspace.outputs();
  const changed = async (config: Readonly<Record<string, unknown>>) => {
    await workspace.configure(config);
    const result = succeeded(await workspace.up());
    const outputs = await workspace.outputs();
    assert.deepEqual([outputs.address, outputs.pool], [address, pool]);
    await assertNoOrphans(workspace);
    return { steps: changesOf(result), outputs };
  };

  await t.test("a second up changes nothing", async () => {
    assert.deepEqual(succeeded(await workspace.up()).changes, { same: 12 });
  });

  await t.test("a port more changes the firewall alone", async () => {
    assert.deepEqual((await changed({ p2p: true })).steps, ["update Firewall relay-firewall"]);
  });

  await t.test("new user data replaces the droplet, which keeps its address", async () => {
    const { steps, outputs } = await changed({ userData: "#cloud-config\npackages: []" });
    assert.deepEqual(steps, [
      "replace Droplet relay-droplet",
      "replace ReservedIpAssignment relay-address",
    ]);
    assert.notEqual(outputs.dropletId, dropletId);
    const [assignment] = await workspace.world.find(":ReservedIpAssignment");
    assert.equal(String(assignment?.inputs.dropletId), outputs.dropletId);
  });

  await t.test("drift is seen by a refresh and taken back by up", async () => {
    await workspace.world.change(":Firewall", "outboundRules", []);
    assert.deepEqual(changesOf(succeeded(await workspace.refresh())), [
      "update Firewall relay-firewall",
    ]);
    assert.deepEqual((await changed({})).steps, ["update Firewall relay-firewall"]);
  });

  await t.test(
    "destroy stops at what is protected, and leaves nothing once that is given up",
    async () => {
      assert.equal((await workspace.destroy()).succeeded, false);
      const left = (await workspace.world.read()).objects.map(({ type }) => type.split(":").at(-1));
      assert.deepEqual(left.sort(), ["LoadBalancer", "ReservedIp"]);
      await workspace.unprotect();
      succeeded(await workspace.destroy());
      assert.deepEqual((await workspace.world.read()).objects, []);
    },
  );
});
