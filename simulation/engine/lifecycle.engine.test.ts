import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { assertNoOrphans, succeeded } from "../testing/life-cycle.ts";
import { type DeploymentResult, openWorkspace, type Workspace } from "./index.ts";

const projectDir = path.join(path.dirname(fileURLToPath(import.meta.url)), "..", "test-program");
const OPTIONS = {
  projectDir,
  stack: "dev",
  timeoutMs: 60_000,
  world: { zones: ["example.com"], clusters: [{ name: "prod-aks", resourceGroup: "prod" }] },
};

/** What was done, without what stayed as it was. */
const stepsOf = (result: DeploymentResult): string[] =>
  result.steps
    .filter(({ operation }) => operation !== "same" && operation !== "refresh")
    .map(({ operation, type, name }) => `${operation} ${type.split(":").at(-1)} ${name}`)
    .sort();

/** Processes whose environment names the folder of a workspace. */
function processesOf(marker: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, "utf8").includes(marker);
    } catch {
      return false;
    }
  });
}

describe("a program's life on the real engine", () => {
  let workspace: Workspace;
  before(async () => {
    workspace = await openWorkspace({ ...OPTIONS, ownProcesses: true });
  });
  after(() => workspace.close());

  test("a preview creates nothing", async () => {
    assert.deepEqual(succeeded(await workspace.preview()).changes, { create: 11 });
    assert.deepEqual((await workspace.world.read()).objects, []);
  });

  test("up creates everything, and the outputs are those of the clouds", async () => {
    const result = succeeded(await workspace.up());
    assert.deepEqual(result.changes, { create: 11 });
    const [address] = await workspace.world.find(":PublicIPAddress");
    const outputs = await workspace.outputs();
    assert.match(String(outputs.ip), /^(192\.0\.2|198\.51\.100|203\.0\.113)\./);
    assert.equal(outputs.ip, address?.outputs.ipAddress);
    assert.equal(outputs.ingress, outputs.ip, "the Service got the address that was made for it");
    assert.equal(outputs.sealed, "s3cret");
    await assertNoOrphans(workspace);
  });

  test("a second up changes nothing", async () => {
    assert.deepEqual(succeeded(await workspace.up()).changes, { same: 11 });
  });

  test("a changed port updates the Service in place, the address stays", async () => {
    const { ip } = await workspace.outputs();
    await workspace.configure({ port: 8888 });
    const result = succeeded(await workspace.up());
    assert.deepEqual(stepsOf(result), ["update Service echo"]);
    assert.deepEqual(result.steps.find(({ operation }) => operation === "update")?.diff, {
      "spec.ports[0].port": "update",
    });
    assert.equal((await workspace.outputs()).ip, ip);
  });

  test("changed data replaces the ConfigMap, and its user follows", async () => {
    await workspace.configure({ message: "good bye" });
    const result = succeeded(await workspace.up());
    assert.deepEqual(stepsOf(result), [
      "create-replacement ConfigMap echo",
      "delete-replaced ConfigMap echo",
      "replace ConfigMap echo",
      "update Deployment echo",
    ]);
    await assertNoOrphans(workspace);
  });

  test("a change behind the engine's back is drift, and up takes it back", async () => {
    await workspace.world.change(":PublicIPAddress", "tags.owner", "somebody");
    assert.deepEqual(succeeded(await workspace.up()).changes, { same: 11 }, "unseen so far");
    assert.deepEqual(stepsOf(succeeded(await workspace.refresh())), [
      "update PublicIPAddress edge",
    ]);
    const result = succeeded(await workspace.up());
    assert.deepEqual(stepsOf(result), ["update PublicIPAddress edge"]);
    const [address] = await workspace.world.find(":PublicIPAddress");
    assert.deepEqual(address?.inputs.tags, { owner: "tests" });
  });

  test("what was deleted behind the engine's back comes back", async () => {
    await workspace.world.remove(":DnsRecord");
    succeeded(await workspace.refresh());
    assert.deepEqual(stepsOf(succeeded(await workspace.up())), ["create DnsRecord edge"]);
    await assertNoOrphans(workspace);
  });

  test("destroy leaves nothing in the clouds, in an order that they accept", async () => {
    assert.deepEqual(succeeded(await workspace.destroy()).changes, { delete: 11 });
    assert.deepEqual((await workspace.world.read()).objects, []);
  });
});

describe("what goes wrong on the real engine", () => {
  test("what a controller refuses is there but unhealthy, and healed by the next up", async () => {
    await using workspace = await openWorkspace({ ...OPTIONS, config: { grant: false } });
    const failed = await workspace.up();
    assert.equal(failed.succeeded, false);
    assert.match(failed.terminal, /SyncLoadBalancerFailed: Code="AuthorizationFailed"/);
    await assertNoOrphans(workspace);
    const [unhealthy] = await workspace.world.find(":Service");
    assert.deepEqual(unhealthy?.outputs.status, { loadBalancer: {} });

    await workspace.configure({ grant: true });
    const healed = succeeded(await workspace.up());
    assert.ok(stepsOf(healed).includes("update Service echo"), stepsOf(healed).join());
    const { ip, ingress } = await workspace.outputs();
    assert.equal(ingress, ip);
  });

  test("a move to another region replaces the address in an order that Azure accepts", async () => {
    await using workspace = await openWorkspace(OPTIONS);
    succeeded(await workspace.up());
    const before = await workspace.outputs();
    await workspace.configure({ "azure-native:location": "northeurope" });
    const result = succeeded(await workspace.up());
    assert.ok(stepsOf(result).includes("delete-replaced PublicIPAddress edge"));
    const after = await workspace.outputs();
    assert.notEqual(after.ip, before.ip);
    assert.equal(after.ingress, after.ip);
    await assertNoOrphans(workspace);
  });

  const noProc = existsSync("/proc/self/environ") ? false : "this system has no /proc to look into";
  test("a command that takes too long is ended with all of its processes", {
    skip: noProc,
  }, async () => {
    const workspace = await openWorkspace({ ...OPTIONS, main: "endless.ts", timeoutMs: 4000 });
    const marker = workspace.folder;
    try {
      const result = await workspace.up();
      assert.equal(result.succeeded, false);
      assert.match(result.terminal, /ended after 4000 ms/);
      assert.deepEqual(processesOf(marker), []);
    } finally {
      await workspace.close();
    }
    assert.equal(existsSync(marker), false);
    await assert.rejects(workspace.up(), /aborted/);
  });
});
