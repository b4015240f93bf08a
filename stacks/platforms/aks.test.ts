import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { parse } from "yaml";
import { clouds } from "../../components/testing/clouds.ts";
import { type Json, type Registered, resolved, run } from "../../components/testing/mocks.ts";
import { parseSettings } from "../settings/index.ts";
import { deployAks } from "./aks.ts";
import type { Deployed } from "./platform.ts";

/** A stack's own settings, as Pulumi hands them over. */
async function settingsOf(stack: string) {
  const file = await readFile(new URL(`../../Pulumi.${stack}.yaml`, import.meta.url), "utf8");
  const config = (parse(file) as { config: Record<string, unknown> }).config;
  const settings = parseSettings(
    Object.fromEntries(
      Object.entries(config).map(([key, value]) => [
        key,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ),
  );
  assert.ok(settings.platform === "aks");
  return settings.aks;
}

async function deployed(stack: string) {
  const settings = await settingsOf(stack);
  return run<Deployed>(() => deployAks(settings), clouds);
}

const ports = (service: Registered) =>
  service.inputs.spec.ports.map((one: Json) => `${one.protocol} ${one.port}`);

test("debug: a static address in its own group, the role, and who takes it", async () => {
  const { one } = await deployed("debug");
  assert.deepEqual(one("PublicIPAddress").inputs.sku, { name: "Standard" });
  assert.equal(one("PublicIPAddress").inputs.publicIPAllocationMethod, "Static");
  assert.equal(one("PublicIPAddress").inputs.resourceGroupName, "udp-group1a2b");
  assert.equal(one("RoleAssignment").inputs.principalId, "control-plane");
  const audio = one("workload-service");
  assert.equal(audio.inputs.spec.externalTrafficPolicy, "Local");
  assert.deepEqual(audio.inputs.spec.selector, {
    "porter.run/app-name": "cloud-debug",
    "porter.run/service-name": "cloud",
  });
  assert.deepEqual(ports(audio), ["UDP 8000"]);
});

test("debug: the name leads to the address resource, past any proxy", async () => {
  const { one } = await deployed("debug");
  const record = one("DnsRecord");
  assert.equal(record.inputs.name, "udp.debug.augmentos.cloud");
  assert.equal(record.inputs.content, "203.0.113.10");
  assert.equal(record.inputs.proxied, false);
  assert.match(record.dependencies.join(), /PublicIPAddress::udp-ip/);
});

test("debug: the director shares the address, leads to the workload, and hides its metrics", async () => {
  const { one, resources, result } = await deployed("debug");
  const front = one("director-service");
  assert.deepEqual(ports(front), ["TCP 9000", "UDP 7777"]);
  const pip = "service.beta.kubernetes.io/azure-pip-name";
  assert.equal(
    front.inputs.metadata.annotations[pip],
    one("workload-service").inputs.metadata.annotations[pip],
  );
  const config = JSON.parse(one("ConfigMap").inputs.data["config.yaml"]);
  const [backend] = config.discovery.static.resources;
  assert.equal(backend.address, "cloud-debug-udp.default.svc.cluster.local");
  assert.deepEqual(backend.ports, { audio: 8000 });
  assert.equal(one("workload-service").inputs.metadata.name, "cloud-debug-udp");

  const open = resources.filter(({ inputs }) => inputs.spec?.type === "LoadBalancer");
  assert.equal(open.length, 2);
  assert.ok(open.every((service) => !ports(service).includes("TCP 9090")));
  assert.deepEqual(ports(one("director-internal")), ["TCP 9090"]);
  assert.ok(result.metrics);
  assert.equal(
    await resolved(result.metrics),
    "http://director-internal-5e6f.default.svc.cluster.local:9090/metrics",
  );
});

test("the endpoint of the stack holds every published port of the address", async () => {
  const { result } = await deployed("debug");
  assert.deepEqual(await resolved(result.endpoint), {
    addresses: ["203.0.113.10"],
    hostname: undefined,
    ports: [
      { name: "audio", port: 8000, protocol: "UDP" },
      { name: "query", port: 9000, protocol: "TCP" },
      { name: "data", port: 7777, protocol: "UDP" },
    ],
  });
});

test("every Kubernetes object goes to the cluster of the settings", async () => {
  const { resources } = await deployed("debug");
  const objects = resources.filter(
    ({ type, custom }) => custom && type.startsWith("kubernetes:") && !type.includes("Provider"),
  );
  assert.equal(objects.length, 7);
  assert.ok(resources.some(({ type }) => type === "pulumi:providers:kubernetes"));
  for (const { name, provider } of objects) {
    assert.match(provider, /pulumi:providers:kubernetes::cluster/, name);
  }
});

test("staging and prod have names of their own, and addresses that stay", async () => {
  for (const [stack, app, hostname] of [
    ["staging", "cloud-staging", "udp.staging.augmentos.cloud"],
    ["prod", "cloud-prod", "udp.augmentos.cloud"],
  ] as const) {
    const { one } = await deployed(stack);
    assert.equal(one("PublicIPAddress").protect, true);
    assert.equal(one("DnsRecord").inputs.name, hostname);
    const { selector } = one("workload-service").inputs.spec;
    assert.equal(selector["porter.run/app-name"], app);
  }
  assert.equal((await deployed("debug")).one("PublicIPAddress").protect, false);
});

test("without a director there is the workload alone", async () => {
  const { director: _, ...settings } = await settingsOf("debug");
  const { resources, result } = await run<Deployed>(() => deployAks(settings), clouds);
  assert.ok(resources.every(({ type }) => !type.endsWith("Deployment")));
  assert.equal(result.metrics, undefined);
});
