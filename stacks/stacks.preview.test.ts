import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { isUnknown, type Properties, type Value } from "../components/provider/index.ts";
import {
  isSecret,
  type PreviewedResource,
  plain,
  preview,
} from "../simulation/mini-engine/index.ts";

const projectDir = path.resolve(import.meta.dirname, "..");

/** Loose access for assertions on nested inputs. */
// biome-ignore lint/suspicious/noExplicitAny: a test that names a wrong path fails by itself.
type Json = any;

/** Previews are the same each time: one of each stack is enough. */
const shown = new Map<string, ReturnType<typeof show>>();

function previewed(stack: string): ReturnType<typeof show> {
  const result = shown.get(stack) ?? show(stack);
  shown.set(stack, result);
  return result;
}

async function show(stack: string) {
  const result = await preview({ projectDir, stack });
  assert.equal(result.exitCode, 0, JSON.stringify(result.diagnostics));
  assert.deepEqual(result.diagnostics, []);
  const one = (type: string, name: string): PreviewedResource & { readonly given: Json } => {
    const found = result.resources.find((r) => r.type.endsWith(`:${type}`) && r.name === name);
    assert.ok(found, `${type} ${name} is not in the preview`);
    return { ...found, given: plain(found.inputs as Value) };
  };
  return { ...result, one };
}

const numbers = (service: { given: Json }) =>
  service.given.spec.ports.map((port: Json) => `${port.protocol} ${port.port}`);

test("debug shows the address, its group, the role, both Services, the name and the director", async () => {
  const { one, resources, outputs } = await previewed("debug");
  const ip = one("PublicIPAddress", "udp-ip");
  assert.deepEqual(ip.given.sku, { name: "Standard" });
  assert.equal(ip.given.publicIPAllocationMethod, "Static");
  assert.ok(ip.dependencies.includes(one("ResourceGroup", "udp-group").urn));
  const role = one("RoleAssignment", "udp-network-contributor");
  assert.equal(role.given.principalType, "ServicePrincipal");

  const audio = one("Service", "workload-service");
  assert.equal(audio.given.spec.externalTrafficPolicy, "Local");
  assert.deepEqual(audio.given.spec.selector, {
    "porter.run/app-name": "cloud-debug",
    "porter.run/service-name": "cloud",
  });
  for (const needed of [ip.urn, role.urn]) {
    assert.ok(audio.dependencies.includes(needed), needed);
  }

  const record = one("DnsRecord", "udp-a");
  assert.equal(record.given.proxied, false);
  assert.equal(record.given.name, "udp.debug.augmentos.cloud");
  assert.ok(isUnknown(record.given.content), "the address is known only once it exists");
  assert.deepEqual(record.propertyDependencies.content?.includes(ip.urn), true);
  assert.ok(!record.dependencies.some((urn) => urn.includes("/v1:Service")));

  one("Deployment", "director-deployment");
  const published = resources
    .map((resource) => ({ given: plain(resource.inputs as Value) as Json }))
    .filter(({ given }) => given.spec?.type === "LoadBalancer");
  assert.deepEqual(published.flatMap(numbers).toSorted(), ["TCP 9000", "UDP 7777", "UDP 8000"]);
  assert.deepEqual(Object.keys(outputs).toSorted(), ["endpoint", "metrics"]);
});

test("debug may lose its address, staging and prod may not", async () => {
  for (const [stack, kept] of [
    ["debug", false],
    ["staging", true],
    ["prod", true],
  ] as const) {
    const { one } = await previewed(stack);
    assert.equal(one("PublicIPAddress", "udp-ip").protect, kept, stack);
    assert.equal(one("ResourceGroup", "udp-group").protect, kept, stack);
  }
});

test("the cluster's credentials stay secret", async () => {
  const { one } = await previewed("debug");
  const { kubeconfig } = one("kubernetes", "cluster").inputs as Properties;
  assert.ok(isSecret(kubeconfig as Value));
});

test("every resource is a child of a component, and every component of the stack", async () => {
  const { resources } = await previewed("debug");
  const stack = resources.find(({ type }) => type === "pulumi:pulumi:Stack");
  for (const { custom, type, name, parent } of resources) {
    if (!custom && type !== "pulumi:pulumi:Stack") {
      assert.equal(parent, stack?.urn, name);
    } else if (custom && !type.startsWith("pulumi:providers:")) {
      assert.match(parent, /::pulumi-udp:/, name);
      assert.ok(name.startsWith(parent.split("::").at(-1) ?? "?"), name);
    }
  }
});

test("mistakes in the settings are one message without a stack trace, and a failure", async () => {
  const config = { "udp:platform": "aks", "udp:aks": { cluster: { name: "" }, ports: [] } };
  const { diagnostics, exitCode, resources } = await preview({ projectDir, stack: "none", config });
  assert.notEqual(exitCode, 0);
  assert.equal(resources.filter(({ custom }) => custom).length, 0);
  const [{ message = "" } = {}] = diagnostics.filter(({ severity }) => severity === "error");
  assert.match(message, /^5 mistakes in the stack's settings:\n/);
  assert.match(
    message,
    /^ {2}udp:aks\.cluster\.name: "" is not allowed: give the AKS cluster's name/m,
  );
  assert.match(message, /^ {2}udp:aks\.workload: is missing/m);
  assert.doesNotMatch(message, /^\s+at /m);
});

test("what a component refuses is one line without a stack trace, too", async () => {
  const ports = Array.from({ length: 301 }, (_, i) => ({
    name: `p${i}`,
    port: 10_000 + i,
    protocol: "UDP",
  }));
  const config = {
    "udp:platform": "aks",
    "udp:aks": {
      cluster: { name: "debug-aks", resourceGroup: "debug" },
      workload: { app: "cloud-debug", service: "cloud" },
      ports,
      dns: { zone: "example.com", name: "udp" },
    },
  };
  const { diagnostics, exitCode } = await preview({ projectDir, stack: "none", config });
  assert.notEqual(exitCode, 0);
  const [{ message = "" } = {}] = diagnostics.filter(({ severity }) => severity === "error");
  assert.match(message, /^ports: has 301 PUBLIC ports/);
  assert.doesNotMatch(message, /^\s+at /m);
});

test("a proxied record of the same name stops the preview (trap 28)", async () => {
  const name = "udp.debug.augmentos.cloud";
  const record = { zone: "augmentos.cloud", name, type: "A", content: "192.0.2.1", proxied: true };
  const { diagnostics, exitCode, resources } = await preview({
    projectDir,
    stack: "debug",
    world: { records: [record] },
  });
  assert.notEqual(exitCode, 0);
  const [{ message = "", urn = "" } = {}] = diagnostics;
  assert.match(
    message,
    /name: "udp\.debug\.augmentos\.cloud" has a proxied A record \(192\.0\.2\.1\)/,
  );
  assert.doesNotMatch(message, /^\s+at /m);
  assert.match(urn, /pulumi-udp:cloudflare:DnsOnlyRecord::udp$/);
  assert.ok(resources.every(({ type }) => !type.endsWith("DnsRecord")));
});
