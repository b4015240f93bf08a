import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import type { Properties, Value } from "../components/provider/index.ts";
import { UNKNOWN } from "../components/provider/index.ts";
import { listOf, mapOf, valueAt } from "./cloud/paths.ts";
import { type PreviewResult, preview } from "./mini-engine/index.ts";

const projectDir = path.resolve(import.meta.dirname, "..");

async function previewed(stack: string): Promise<PreviewResult> {
  const result = await preview({ projectDir, stack });
  const errors = result.diagnostics.filter(({ severity }) => severity === "error");
  assert.deepEqual(errors, [], result.terminal);
  assert.equal(result.exitCode, 0, result.terminal);
  return result;
}

function ofType(result: PreviewResult, type: string) {
  return result.resources.filter((resource) => resource.type.endsWith(type));
}

function only(result: PreviewResult, type: string) {
  const [resource, ...others] = ofType(result, type);
  assert.ok(resource !== undefined && others.length === 0, `one ${type}, not ${others.length + 1}`);
  return resource;
}

const portsOf = (service: Properties): readonly Properties[] =>
  listOf(valueAt(service, "spec.ports")).map((port: Value) => mapOf(port));

for (const stack of ["debug", "staging", "prod"]) {
  test(`the preview of ${stack} shows every part of a UDP endpoint on AKS`, async () => {
    const result = await previewed(stack);

    // A static Standard address in a resource group of its own, not the nodes'.
    const group = only(result, ":ResourceGroup");
    const address = only(result, ":PublicIPAddress");
    assert.deepEqual(mapOf(address.inputs.sku), { name: "Standard" });
    assert.equal(address.inputs.publicIPAllocationMethod, "Static");
    assert.equal(address.inputs.resourceGroupName, UNKNOWN);
    assert.deepEqual(address.propertyDependencies.resourceGroupName, [group.urn]);
    assert.equal(address.protect, stack !== "debug");

    // The cluster's identity may use that group.
    const role = only(result, ":RoleAssignment");
    assert.deepEqual(role.propertyDependencies.scope, [group.urn]);
    assert.equal(role.inputs.principalType, "ServicePrincipal");
    assert.match(String(role.inputs.principalId), /^[0-9a-f-]{36}$/);

    // The workload's Service: Local, Porter's selectors, and after address and role.
    const services = ofType(result, "core/v1:Service");
    const published = services.filter(
      ({ inputs }) => valueAt(inputs, "spec.type") === "LoadBalancer",
    );
    const workload = published.find(
      ({ inputs }) => mapOf(valueAt(inputs, "spec.selector"))["porter.run/app-name"] !== undefined,
    );
    assert.ok(workload);
    const selector = mapOf(valueAt(workload.inputs, "spec.selector"));
    assert.equal(typeof selector["porter.run/app-name"], "string");
    assert.equal(typeof selector["porter.run/service-name"], "string");
    assert.equal(selector["porter.run/app-revision-id"], undefined);
    for (const service of published) {
      assert.equal(valueAt(service.inputs, "spec.externalTrafficPolicy"), "Local");
      const annotations = mapOf(valueAt(service.inputs, "metadata.annotations"));
      for (const key of ["azure-pip-name", "azure-load-balancer-resource-group"]) {
        assert.equal(annotations[`service.beta.kubernetes.io/${key}`], UNKNOWN, key);
      }
      assert.ok(service.dependencies.includes(address.urn));
      assert.ok(service.dependencies.includes(role.urn), "no role, no load balancer");
    }

    // The name leads to the address itself, past Cloudflare's proxy.
    const record = only(result, ":DnsRecord");
    assert.equal(record.inputs.type, "A");
    assert.equal(record.inputs.proxied, false);
    assert.equal(record.inputs.content, UNKNOWN);
    assert.ok(record.propertyDependencies.content?.includes(address.urn));

    // The director runs, and its metrics are for the cluster alone.
    const director = only(result, ":Deployment");
    const [container] = listOf(valueAt(director.inputs, "spec.template.spec.containers")).map(
      mapOf,
    );
    const metrics = listOf(container?.ports)
      .map(mapOf)
      .find(({ name }) => name === "metrics");
    assert.equal(typeof metrics?.containerPort, "number");
    for (const service of published) {
      for (const port of portsOf(service.inputs)) {
        assert.notEqual(port.name, "metrics");
        assert.notEqual(port.port, metrics?.containerPort);
        assert.notEqual(port.targetPort, metrics?.containerPort);
        assert.notEqual(port.targetPort, "metrics");
      }
    }
    const internal = services.filter(({ inputs }) => valueAt(inputs, "spec.type") === "ClusterIP");
    assert.ok(
      internal.some(({ inputs }) => portsOf(inputs).some(({ name }) => name === "metrics")),
    );
  });
}
