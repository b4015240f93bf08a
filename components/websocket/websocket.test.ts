import assert from "node:assert/strict";
import { test } from "node:test";
import { clouds } from "../testing/clouds.ts";
import { resolved, run } from "../testing/mocks.ts";
import { refused } from "../testing/refused.ts";
import {
  IngressController,
  TlsTermination,
  WebSocketLoadBalancer,
  type WebSocketLoadBalancerArgs,
} from "./index.ts";

const ARGS: WebSocketLoadBalancerArgs = { selector: { app: "messaging" } };
const TLS = {
  issuer: { name: "le", kind: "ClusterIssuer" },
  hosts: ["messaging.example.com"],
};
const balancer = (args: Partial<WebSocketLoadBalancerArgs> = {}) =>
  run(() => new WebSocketLoadBalancer("ws", { ...ARGS, ...args }), clouds);

test("443 leads to 8080, and a client stays with its pod for three hours", async () => {
  const { one } = await balancer();
  const { spec } = one("ws-service").inputs;
  assert.equal(spec.type, "LoadBalancer");
  assert.deepEqual(spec.ports, [{ name: "wss", port: 443, protocol: "TCP", targetPort: 8080 }]);
  assert.equal(spec.sessionAffinity, "ClientIP");
  assert.deepEqual(spec.sessionAffinityConfig, { clientIP: { timeoutSeconds: 10_800 } });
  // Else a router or node in between makes all clients look like one.
  assert.equal(spec.externalTrafficPolicy, "Local");
  await refused(() => balancer({ affinitySeconds: 86_401 }), "affinitySeconds", /86400/);
});

test("the endpoint is what clients use: the router's address, else the one that was asked for", async () => {
  const POOL = { name: "lan", ranges: ["192.168.1.200-192.168.1.220"] };
  const asked = { pool: POOL, addresses: ["192.168.1.200"] };
  const { one, result } = await balancer(asked);
  assert.deepEqual(one("ws-service").inputs.metadata.annotations, {
    "metallb.io/address-pool": "lan",
    "metallb.io/loadBalancerIPs": "192.168.1.200",
  });
  assert.deepEqual((await resolved(result.endpoint)).addresses, ["192.168.1.200"]);
  const forwarded = await balancer({ ...asked, publicAddresses: ["203.0.113.7"] });
  assert.deepEqual(await resolved(forwarded.result.endpoint), {
    addresses: ["203.0.113.7"],
    ports: [{ name: "wss", port: 443, protocol: "TCP" }],
  });
  const chosen = await balancer();
  assert.deepEqual((await resolved(chosen.result.endpoint)).addresses, ["203.0.113.20"]);
  await refused(
    () => balancer({ pool: POOL, addresses: ["192.168.1.9"] }),
    "addresses[0]",
    /not in the pool/,
  );
});

test("the workload ends TLS with a certificate that it mounts, and nothing reads its bytes", async () => {
  const { one, result, resources } = await balancer({ tls: TLS, namespace: "voice" });
  const { spec, metadata } = one("Certificate").inputs;
  assert.deepEqual(spec.dnsNames, TLS.hosts);
  assert.equal(metadata.namespace, "voice");
  assert.ok(result.tlsSecret);
  assert.equal(await resolved(result.tlsSecret), spec.secretName);
  assert.ok(resources.every(({ type }) => !type.endsWith(":Ingress")));
});

test("or an ingress controller does, which keeps silent connections and its clients' pods", async () => {
  const publicAddresses = ["192.168.1.201"];
  const tls = { ...TLS, termination: TlsTermination.Ingress };
  const traefik = await balancer({ tls, publicAddresses });
  const service = traefik.one("ws-service").inputs;
  assert.equal(service.spec.type, "ClusterIP");
  assert.equal(
    service.metadata.annotations["traefik.ingress.kubernetes.io/service.sticky.cookie"],
    "true",
  );
  // Traefik speaks TLS to a Service's port 443, which the pods here do not.
  assert.deepEqual(service.spec.ports, [
    { name: "ws", port: 80, protocol: "TCP", targetPort: 8080 },
  ]);
  const { spec } = traefik.one("Ingress").inputs;
  assert.deepEqual(spec.rules[0].http.paths[0].backend.service.port, { name: "ws" });
  assert.equal(spec.ingressClassName, "traefik");
  assert.deepEqual(spec.tls, [
    { hosts: TLS.hosts, secretName: traefik.one("Certificate").inputs.spec.secretName },
  ]);
  assert.deepEqual((await resolved(traefik.result.endpoint)).addresses, publicAddresses);

  const nginx = await balancer({
    tls: { ...tls, controller: IngressController.Nginx },
    publicAddresses,
  });
  const { annotations } = nginx.one("Ingress").inputs.metadata;
  assert.equal(annotations["nginx.ingress.kubernetes.io/proxy-read-timeout"], "3600");
  assert.equal(annotations["nginx.ingress.kubernetes.io/proxy-send-timeout"], "3600");
  assert.equal(annotations["nginx.ingress.kubernetes.io/affinity"], "cookie");
});

test("what only a load balancer of its own has is refused with an ingress", async () => {
  const tls = { ...TLS, termination: TlsTermination.Ingress };
  const publicAddresses = ["192.168.1.201"];
  await refused(() => balancer({ tls }), "publicAddresses", /is missing/);
  await refused(
    () => balancer({ tls, publicAddresses, addresses: ["192.168.1.200"] }),
    "addresses",
    /controller's own/,
  );
  await refused(
    () => balancer({ tls: { ...TLS, controller: IngressController.Nginx } }),
    "tls.controller",
    /workload ends TLS/,
  );
  await refused(() => balancer({ tls: { ...TLS, hosts: [] } }), "tls.hosts", /at least one/);
});

test("pods get the time that long connections take to end", async () => {
  const { result } = await balancer({ drainSeconds: 600 });
  assert.deepEqual(result.podSettings, {
    terminationGracePeriodSeconds: 615,
    lifecycle: { preStop: { sleep: { seconds: 15 } } },
  });
  await refused(() => balancer({ drainSeconds: 5 }), "drainSeconds", /from 30/);
});
