import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { parse } from "yaml";
import { type DeploymentResult, openWorkspace, type Workspace } from "./engine/index.ts";

const file = path.resolve(import.meta.dirname, "..", "Pulumi.debug.yaml");
const settings = parse(readFileSync(file, "utf8")).config["udp:aks"];
const { cluster } = settings;
const [port] = settings.ports;

function succeeded(result: DeploymentResult): DeploymentResult {
  assert.ok(result.succeeded, result.terminal);
  return result;
}

const stepsOf = (result: DeploymentResult): string[] =>
  result.steps
    .filter(({ operation }) => operation !== "same" && operation !== "refresh")
    .map(({ operation, type }) => `${operation} ${type.split(":").at(-1)}`)
    .sort();

describe("the stack debug on the real engine and simulated clouds", () => {
  let workspace: Workspace;
  before(async () => {
    workspace = await openWorkspace({
      stack: "debug",
      // The look-ups are strict here: only this cluster and this zone exist.
      world: { clusters: [cluster], anyCluster: false, zones: [settings.dns.zone], anyZone: false },
      timeoutMs: 90_000,
    });
  });
  after(() => workspace.close());

  test("up gives the endpoint an address of its own, with name and director", async () => {
    succeeded(await workspace.up());
    const world = await workspace.world.read();
    const [address] = await workspace.world.find(":PublicIPAddress");
    const { endpoint, metrics } = (await workspace.outputs()) as {
      endpoint: { addresses: string[]; ports: { name: string }[] };
      metrics: string;
    };
    assert.deepEqual(endpoint.addresses, [address?.outputs.ipAddress]);
    assert.ok(endpoint.ports.some(({ name }) => name === port.name));
    assert.match(metrics, /\.svc\.cluster\.local:\d+\/metrics$/);
    const [record] = await workspace.world.find(":DnsRecord");
    assert.equal(record?.inputs.content, endpoint.addresses[0]);
    assert.ok(!address?.id.includes("/MC_"), "not in the nodes' resource group");
    assert.deepEqual(world.warnings, []);
    const services = (await workspace.world.find("core/v1:Service")).filter(
      ({ uses }) => uses?.includes(address?.id ?? "") === true,
    );
    assert.equal(services.length, 2, "workload and director share the address");
  });

  test("a second up changes nothing", async () => {
    const { changes } = succeeded(await workspace.up());
    assert.deepEqual(Object.keys(changes), ["same"]);
  });

  test("a port more changes Service and director, and neither address nor name", async () => {
    const before = await workspace.world.find(":PublicIPAddress");
    const ports = [...settings.ports, { name: "video", port: port.port + 1, protocol: "UDP" }];
    await workspace.configure({ "udp:aks": { ...settings, ports } });
    const result = succeeded(await workspace.up());
    const changed = stepsOf(result);
    assert.ok(changed.includes("update Service"), changed.join());
    assert.ok(
      !changed.some((step) => /PublicIPAddress|RoleAssignment|DnsRecord/.test(step)),
      changed.join(),
    );
    assert.ok(!changed.some((step) => step.endsWith(" Service") && !step.startsWith("update")));
    assert.deepEqual(await workspace.world.find(":PublicIPAddress"), before);
  });

  test("drift of the record is seen and taken back", async () => {
    await workspace.world.change(":DnsRecord", "proxied", true);
    await workspace.world.change(":DnsRecord", "ttl", 1);
    assert.deepEqual(stepsOf(succeeded(await workspace.refresh())), ["update DnsRecord"]);
    await workspace.world.change(":DnsRecord", "proxied", false);
    await workspace.world.change(":DnsRecord", "ttl", settings.dns.ttl ?? 60);
    succeeded(await workspace.refresh());
    assert.deepEqual(Object.keys(succeeded(await workspace.up()).changes), ["same"]);
  });

  test("destroy takes everything along, since this stack's address is not protected", async () => {
    assert.equal(settings.protect, false);
    succeeded(await workspace.destroy());
    assert.deepEqual((await workspace.world.read()).objects, []);
  });
});
