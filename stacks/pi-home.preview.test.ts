import assert from "node:assert/strict";
import { test } from "node:test";
import type { Properties, Value } from "../components/provider/index.ts";
import { isSecret } from "../simulation/mini-engine/index.ts";
import { type Json, onTheCluster, previewed, published, refusal } from "./testing/previewed.ts";

const WORKLOAD = {
  name: "relay",
  image: "relay:1",
  ports: [{ name: "quic", port: 4433, protocol: "UDP" }],
};
const POOL = { addresses: ["10.0.150.200-10.0.150.210"] };

test("pi-home: controller and relay share the address of the document", async () => {
  const stack = await previewed("pi-home");
  const controller = stack.one("Service", "intermediate-server-service");
  const relay = stack.one("Service", "app-connector-service");
  assert.deepEqual(published(controller).toSorted(), ["TCP 4433", "UDP 4433"]);
  assert.deepEqual(published(relay), ["UDP 4434"]);
  for (const { given } of [controller, relay]) {
    const { annotations } = given.metadata;
    assert.equal(annotations["lbipam.cilium.io/ips"], "10.0.150.205");
    assert.equal(annotations["lbipam.cilium.io/sharing-key"], "10.0.150.205");
  }
  stack.one("CiliumLoadBalancerIPPool");
  stack.one("CiliumL2AnnouncementPolicy");
  assert.equal(stack.one("Namespace").given.metadata.name, "ztna");
  assert.ok(stack.all("Service").every(({ name }) => name !== "echo-server-service"));
  onTheCluster(stack);
});

test("pi-home: pods on arm64 nodes, restricted, with their certificate", async () => {
  const stack = await previewed("pi-home");
  assert.equal(stack.all("Deployment").length, 3);
  for (const { given } of stack.all("Deployment")) {
    const { nodeSelector, securityContext } = given.spec.template.spec;
    assert.equal(nodeSelector["kubernetes.io/arch"], "arm64");
    assert.equal(securityContext.runAsNonRoot, true);
    // Their Secrets come once the namespace is there.
    assert.equal(given.metadata.annotations["pulumi.com/skipAwait"], "true");
  }
  const { spec } = stack.one("Deployment", "intermediate-server-deployment").given.spec.template;
  assert.equal(spec.volumes[0].secret.secretName, "intermediate-tls");
});

test("pi-home: the connector finds the controller inside the cluster, and pods are bounded", async () => {
  const stack = await previewed("pi-home");
  const containerOf = (name: string) =>
    stack.one("Deployment", `${name}-deployment`).given.spec.template.spec.containers[0];
  const variables = Object.fromEntries(
    containerOf("app-connector").env.map(({ name, value }: Json) => [name, value]),
  );
  const inside = stack.one("Service", "intermediate-server-inside").given;
  assert.equal(
    variables.INTERMEDIATE_HOST,
    `${inside.metadata.name}.${inside.metadata.namespace}.svc.cluster.local`,
  );
  assert.ok(published(stack.one("Service", "intermediate-server-inside")).includes("UDP 4433"));
  for (const { given } of stack.all("Deployment")) {
    assert.equal(given.spec.template.spec.containers[0].resources.limits.memory, "256Mi");
  }
});

test("a workload that tells its health is asked for it", async () => {
  const health = { port: 8081 };
  const stack = await previewed("none", {
    "udp:platform": "cilium",
    "udp:cilium": { pool: POOL, namespace: "ztna", workloads: [{ ...WORKLOAD, health }] },
  });
  const [container] = stack.one("Deployment").given.spec.template.spec.containers;
  assert.deepEqual(container.readinessProbe.httpGet, { path: "/readyz", port: 8081 });
  assert.deepEqual(container.livenessProbe.httpGet, { path: "/readyz", port: 8081 });
});

test("a key of the settings ends in a Secret, and stays one", async () => {
  const tls = { certificate: "certificate", key: "key" };
  const stack = await previewed("none", {
    "udp:platform": "cilium",
    "udp:cilium": { pool: POOL, namespace: "ztna", workloads: [{ ...WORKLOAD, tls }] },
  });
  const { stringData } = stack.one("Secret", "relay-tls").inputs as Properties;
  const whole = isSecret(stringData as Value);
  assert.ok(whole || isSecret((stringData as Properties)["tls.key"] as Value));
});

test("everything that is wrong is told at once, with its path", async () => {
  const address = "10.0.150.205";
  const message = await refusal({
    "udp:platform": "cilium",
    "udp:cilium": {
      pool: POOL,
      namespace: "ztna",
      workloads: [
        { ...WORKLOAD, address },
        { ...WORKLOAD, name: "other", address },
        { ...WORKLOAD, address: "10.0.151.1" },
      ],
    },
  });
  for (const line of [
    /^3 mistakes/,
    /udp:cilium\.workloads\[1\]\.ports\[0\]\.port: 4433 is not allowed: UDP 4433 of 10\.0\.150\.205/,
    /udp:cilium\.workloads\[2\]\.name: "relay" is not allowed/,
    /udp:cilium\.workloads\[2\]\.address: 10\.0\.151\.1 is not in the pool/,
  ]) {
    assert.match(message, line);
  }
});
