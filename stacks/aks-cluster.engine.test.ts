import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { openWorkspace } from "../simulation/engine/index.ts";
import { assertNoOrphans, changesOf, succeeded } from "../simulation/testing/life-cycle.ts";

const settings = (pool: object, rest: object = {}) => ({
  "udp:platform": "aks",
  "udp:aks": {
    cluster: {
      create: {
        location: "westeurope",
        nodes: [{ name: "system", count: 2, receiveBufferBytes: 8_388_608, ...pool }],
        network: { addressSpace: "10.10.0.0/16", nodeSubnet: "10.10.0.0/20" },
      },
    },
    workload: { app: "cloud-edge", service: "cloud" },
    ports: [{ name: "audio", port: 8000, protocol: "UDP" }],
    dns: { zone: "example.com", name: "udp" },
    protect: false,
    ...rest,
  },
});

test("a stack with a cluster of its own lives on the real engine", async (t) => {
  await using stack = await openWorkspace({
    stack: "own",
    projectDir: path.resolve(import.meta.dirname, ".."),
    config: settings({}),
    // No cluster but the one that is made here.
    world: { anyCluster: false, zones: ["example.com"], delays: { "azure-role": 2 } },
  });
  const up = succeeded(await stack.up());
  assert.deepEqual(Object.keys(up.changes), ["create"]);
  const { waits } = await stack.world.read();
  assert.deepEqual(
    waits.filter(({ rule }) => rule === "azure-aks-role-spreads").map(({ enough }) => enough),
    [false, false],
    "the cluster is asked for again until its role has taken effect",
  );
  assert.deepEqual((await stack.world.read()).warnings, []);
  const { endpoint } = (await stack.outputs()) as { endpoint: { addresses: string[] } };
  const [service] = await stack.world.find("core/v1:Service");
  const status = service?.outputs.status as { loadBalancer: { ingress: { ip: string }[] } };
  assert.deepEqual([status.loadBalancer.ingress[0]?.ip], endpoint.addresses);
  await assertNoOrphans(stack);

  await t.test("a second up changes nothing", async () => {
    assert.deepEqual(succeeded(await stack.up()).changes, { same: up.changes.create });
  });

  await t.test(
    "more nodes change the cluster in place, and neither access nor address",
    async () => {
      await stack.configure(settings({ count: 4 }));
      assert.deepEqual(changesOf(succeeded(await stack.up())), [
        "update ManagedCluster cluster-cluster",
      ]);
    },
  );

  await t.test("another receive buffer is refused by AKS: it needs another pool", async () => {
    await stack.configure(settings({ count: 4, receiveBufferBytes: 16_777_216 }));
    const refused = await stack.up();
    assert.equal(refused.succeeded, false);
    assert.match(refused.terminal, /PropertyChangeNotAllowed.*linuxOSConfig/);
    await stack.configure(settings({ count: 4 }));
    assert.deepEqual(changesOf(succeeded(await stack.up())), []);
  });

  await t.test("destroy has an order that Azure accepts", async () => {
    succeeded(await stack.destroy());
    assert.deepEqual((await stack.world.read()).objects, []);
  });
});
