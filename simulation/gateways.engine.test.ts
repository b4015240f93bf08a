import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { listOf, valueAt } from "./cloud/paths.ts";
import { openWorkspace } from "./engine/index.ts";
import { assertNoOrphans, changesOf, succeeded } from "./testing/life-cycle.ts";

const OPTIONS = {
  projectDir: path.join(import.meta.dirname, "test-program"),
  main: "gateways.ts",
  stack: "dev",
  timeoutMs: 120_000,
};
const ADDRESSES = ["192.168.1.200", "192.168.1.201"];

test("a gateway, its routes and WebSockets live on the real engine", async (t) => {
  await using workspace = await openWorkspace(OPTIONS);
  assert.deepEqual(succeeded(await workspace.preview()).diagnostics, []);
  succeeded(await workspace.up());
  assert.deepEqual((await workspace.world.read()).warnings, []);
  assert.deepEqual((await workspace.outputs()).addresses, ADDRESSES);
  await assertNoOrphans(workspace);

  await t.test("a second up changes nothing", async () => {
    assert.deepEqual(Object.keys(succeeded(await workspace.up()).changes), ["same"]);
  });

  await t.test("the load balancer has every port of the pools", async () => {
    const services = await workspace.world.find("core/v1:Service");
    const front = services.find(({ urn }) => urn.endsWith("::l4-service"));
    assert.equal(listOf(valueAt(front?.inputs, "spec.ports")).length, 200);
  });

  await t.test("trap 33: routes come and go, and nothing else changes", async () => {
    await workspace.configure({ routes: 3 });
    const routes = (numbers: readonly number[], operation: string) =>
      numbers
        .flatMap((n) => [`IngressRouteUDP udp${n}-route`, `UdpRoute udp${n}`])
        .map((what) => `${operation} ${what}`)
        .sort();
    assert.deepEqual(changesOf(succeeded(await workspace.up())), routes([1, 2], "create"));
    await workspace.configure({ routes: 0 });
    assert.deepEqual(changesOf(succeeded(await workspace.up())), routes([0, 1, 2], "delete"));
  });

  await t.test("a route outside of the pool is refused in the preview", async () => {
    await workspace.configure({ port: 10_100 });
    const result = await workspace.preview();
    assert.equal(result.succeeded, false);
    assert.match(result.terminal, /port: 10100 is not a TCP port of the gateway/);
  });

  await t.test("destroy leaves nothing, custom resources before their definitions", async () => {
    await workspace.configure({});
    const { steps } = succeeded(await workspace.destroy());
    const gone = steps.filter(({ operation }) => operation === "delete").map(({ name }) => name);
    assert.ok(gone.indexOf("lan-pool") < gone.indexOf("metallb-release"));
    assert.ok(gone.indexOf("db-route") < gone.indexOf("l4-release"));
    assert.ok(gone.indexOf("acme-issuer") < gone.indexOf("certs-release"));
    assert.deepEqual((await workspace.world.read()).objects, []);
  });
});
