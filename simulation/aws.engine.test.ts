import assert from "node:assert/strict";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { openWorkspace, type Workspace } from "./engine/index.ts";
import { assertNoOrphans, changesOf, succeeded } from "./testing/life-cycle.ts";

const OPTIONS = {
  projectDir: path.join(import.meta.dirname, "test-program"),
  main: "aws.ts",
  stack: "dev",
  timeoutMs: 120_000,
  world: { zones: ["example.com"] },
};

async function destroyAll(workspace: Workspace): Promise<void> {
  await workspace.unprotect();
  succeeded(await workspace.destroy());
  assert.deepEqual((await workspace.world.read()).objects, []);
}

describe("a stack on AWS lives on the real engine", () => {
  let workspace: Workspace;
  let addresses: unknown;
  before(async () => {
    workspace = await openWorkspace(OPTIONS);
  });
  after(() => workspace.close());

  const changed = async (config: Readonly<Record<string, unknown>>) => {
    await workspace.configure(config);
    const result = succeeded(await workspace.up());
    const outputs = await workspace.outputs();
    assert.deepEqual(outputs.addresses, addresses, "the addresses stay");
    await assertNoOrphans(workspace);
    return { steps: changesOf(result), outputs };
  };

  test("a preview creates nothing, up creates all of it without a warning", async () => {
    assert.deepEqual(succeeded(await workspace.preview()).changes, { create: 66 });
    assert.deepEqual((await workspace.world.read()).objects, []);
    assert.deepEqual(succeeded(await workspace.up()).changes, { create: 66 });
    assert.deepEqual((await workspace.world.read()).warnings, []);
    const outputs = await workspace.outputs();
    addresses = outputs.addresses;
    const records = await workspace.world.find(":DnsRecord");
    assert.deepEqual(
      records.map(({ outputs: { content } }) => content).sort(),
      [...(addresses as string[])].sort(),
    );
    await assertNoOrphans(workspace);
  });

  test("a second up changes nothing", async () => {
    assert.deepEqual(succeeded(await workspace.up()).changes, { same: 66 });
  });

  test("a port comes and goes without touching the others", async () => {
    const { steps } = await changed({ voice: true });
    assert.deepEqual(steps, [
      "create Listener relay-voice-listener",
      "create SecurityGroupEgressRule relay-to-udp-4435",
      "create SecurityGroupIngressRule relay-from-udp-4435",
      "create SecurityGroupIngressRule relay-in-udp-4435-0.0.0.0/0",
      "create TargetGroup relay-voice",
      "replace TaskDefinition connector-task",
      "update Service connector-service",
    ]);
    const gone = await changed({ voice: false });
    assert.deepEqual(gone.steps, steps.map((step) => step.replace(/^create/, "delete")).sort());
  });

  test("the load balancer is replaced, its addresses move over", async () => {
    const { steps } = await changed({ private: true });
    assert.deepEqual(steps, [
      "replace Listener relay-p2p-listener",
      "replace LoadBalancer relay-lb",
    ]);
  });

  test("with an alias another name replaces nothing", async () => {
    const { steps } = await changed({ name: "relay2" });
    assert.ok(steps.length > 10);
    assert.ok(
      steps.every((step) => step.startsWith("update")),
      steps.join("\n"),
    );
  });

  test("new user data replaces the instance, which keeps its address", async () => {
    const before = await workspace.outputs();
    const { steps, outputs } = await changed({ userData: "#cloud-config\npackages: []" });
    assert.deepEqual(steps, [
      "replace EipAssociation intermediate-address",
      "replace Instance intermediate-instance",
    ]);
    assert.notEqual(outputs.instanceId, before.instanceId);
    assert.equal(outputs.instanceAddress, before.instanceAddress);
  });

  test("drift is seen by a refresh and taken back by up", async () => {
    await workspace.world.change(":TargetGroup", "healthCheck.port", "traffic-port");
    assert.deepEqual(changesOf(succeeded(await workspace.refresh())), [
      "update TargetGroup relay2-p2p",
    ]);
    const back = succeeded(await workspace.up());
    assert.deepEqual(changesOf(back), ["update TargetGroup relay2-p2p"]);
  });

  test("destroy stops at protected addresses, and leaves nothing once they are given up", async () => {
    const stopped = await workspace.destroy();
    assert.equal(stopped.succeeded, false);
    assert.match(stopped.terminal, /edge-ip-1.*cannot be deleted[\s\S]*protected/);
    const left = (await workspace.world.read()).objects.map(({ type }) => type);
    assert.deepEqual(left, Array(3).fill("aws:ec2/eip:Eip"));
    await destroyAll(workspace);
  });
});
