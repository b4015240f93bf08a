import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { listOf, valueAt } from "./cloud/paths.ts";
import { openWorkspace } from "./engine/index.ts";
import { assertNoOrphans, changesOf, succeeded } from "./testing/life-cycle.ts";

const OPTIONS = {
  projectDir: path.join(import.meta.dirname, "test-program"),
  main: "doks.ts",
  stack: "dev",
  timeoutMs: 120_000,
  world: { zones: ["example.com"] },
};

test("a load balancer on DOKS lives on the real engine, and its address as long as its Service", async (t) => {
  await using workspace = await openWorkspace(OPTIONS);
  const { changes } = succeeded(await workspace.preview());
  assert.deepEqual(Object.keys(changes), ["create"]);
  assert.deepEqual(succeeded(await workspace.up()).changes, changes);
  assert.deepEqual((await workspace.world.read()).warnings, []);
  const { doksAddress } = await workspace.outputs();
  const address = async () => (await workspace.outputs()).doksAddress;
  const published = async () => {
    const services = await workspace.world.find("core/v1:Service");
    const service = services.find(({ id }) => id.includes("-service-"));
    assert.ok(service);
    return service;
  };
  const changed = async (config: Readonly<Record<string, unknown>>) => {
    await workspace.configure(config);
    const result = succeeded(await workspace.up());
    const [record] = await workspace.world.find(":DnsRecord");
    assert.equal(record?.inputs.content, await address(), "the name follows the status");
    await assertNoOrphans(workspace);
    return changesOf(result);
  };

  await t.test("the address is the load balancer's, and no node port is used", async () => {
    const service = await published();
    assert.deepEqual(service.outputs.status, {
      loadBalancer: { ingress: [{ ip: doksAddress, ipMode: "VIP" }] },
    });
    assert.doesNotMatch(JSON.stringify(service.outputs.spec), /"nodePort"/);
  });

  await t.test("a second up changes nothing", async () => {
    assert.deepEqual(succeeded(await workspace.up()).changes, { same: changes.create });
  });

  await t.test(
    "a port comes and goes, and another name with an alias, without a new address",
    async () => {
      assert.deepEqual(await changed({ voice: true }), ["update Service doks-relay-service"]);
      assert.deepEqual(await changed({ voice: false }), ["update Service doks-relay-service"]);
      const steps = await changed({ name: "relay2" });
      assert.ok(
        steps.every((step) => step.startsWith("update")),
        steps.join("\n"),
      );
      assert.equal(await address(), doksAddress);
    },
  );

  await t.test("drift is seen by a refresh and taken back by up", async () => {
    const service = await published();
    const ports = listOf(valueAt(service.inputs, "spec.ports")).slice(1);
    await workspace.world.change(
      "core/v1:Service",
      "spec.ports",
      [...ports, { name: "x", port: 1, protocol: "UDP", targetPort: 1 }],
      service.id,
    );
    assert.deepEqual(changesOf(succeeded(await workspace.refresh())), [
      "update Service doks-relay2-service",
    ]);
    assert.deepEqual(await changed({}), ["update Service doks-relay2-service"]);
  });

  await t.test("what would cost the address is refused while it is protected", async () => {
    await workspace.configure({ namespace: "kube-public" });
    const refused = await workspace.up();
    assert.equal(refused.succeeded, false);
    assert.match(refused.terminal, /protect/);
    assert.equal(await address(), doksAddress);
    await workspace.unprotect();
    const steps = await changed({});
    assert.ok(steps.includes("replace Service doks-relay2-service"), steps.join("\n"));
    assert.notEqual(await address(), doksAddress, "a new Service has a new load balancer");
  });

  await t.test(
    "a disowned load balancer outlives its Service, and another takes it over",
    async () => {
      const last = await address();
      await workspace.configure({ disown: true });
      succeeded(await workspace.up());
      await workspace.unprotect();
      succeeded(await workspace.destroy());
      const [left, ...others] = (await workspace.world.read()).objects;
      assert.equal(left?.outputs.ip, last);
      assert.deepEqual(others, []);
      await workspace.configure({ disown: false, adopt: left?.id });
      succeeded(await workspace.up());
      assert.equal(await address(), last);
    },
  );

  await t.test("destroy leaves nothing", async () => {
    await workspace.unprotect();
    succeeded(await workspace.destroy());
    assert.deepEqual((await workspace.world.read()).objects, []);
  });
});
