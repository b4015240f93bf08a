import assert from "node:assert/strict";
import { test } from "node:test";
import { readiness } from "./readiness.ts";

const deployment = (status: object) => ({
  ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { generation: 2 } },
  status: status as never,
});
const conditions = (available: string, reason: string) => [
  { type: "Available", status: available },
  { type: "Progressing", status: "True", reason, message: "roll-out" },
];

test("a Deployment is ready when its newest ReplicaSet is, and not for an older one's sake", () => {
  const done = conditions("True", "NewReplicaSetAvailable");
  assert.equal(readiness(deployment({ observedGeneration: 2, conditions: done }), []), true);
  for (const status of [
    { observedGeneration: 1, conditions: done },
    { observedGeneration: 2, conditions: conditions("True", "ReplicaSetUpdated") },
    { observedGeneration: 2, conditions: conditions("False", "NewReplicaSetAvailable") },
    {},
  ]) {
    assert.notEqual(readiness(deployment(status), []), true, JSON.stringify(status));
  }
});

const service = (spec: object, status: object = {}) => ({
  ...{ apiVersion: "v1", kind: "Service" },
  spec: spec as never,
  status: status as never,
});
const slice = (ready: boolean) => ({ endpoints: [{ conditions: { ready } }] });
const assigned = { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } };

test("a Service waits for a ready pod, a load balancer for its address too", () => {
  const selector = { app: "x" };
  assert.equal(readiness(service({ selector }), [slice(true)]), true);
  assert.deepEqual((readiness(service({ selector }), [slice(false)]) as string[]).length, 1);
  const balancer = service({ selector, type: "LoadBalancer" });
  assert.deepEqual((readiness(balancer, []) as string[]).length, 2);
  assert.equal(
    readiness(service({ selector, type: "LoadBalancer" }, assigned), [slice(true)]),
    true,
  );
});

test("nobody waits for pods of a Service that chooses none", () => {
  assert.equal(readiness(service({}), []), true);
  assert.equal(readiness(service({ selector: { app: "x" }, clusterIP: "None" }), []), true);
  assert.equal(readiness(service({ type: "ExternalName" }), []), true);
});

test("a definition is ready when it is established, a kind that is not awaited at once", () => {
  const definition = { apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition" };
  const established = { conditions: [{ type: "Established", status: "True" }] };
  assert.equal(readiness({ ...definition, status: established }, []), true);
  assert.notEqual(readiness(definition, []), true);
  assert.equal(readiness({ apiVersion: "v1", kind: "ConfigMap" }, []), true);
});
