import assert from "node:assert/strict";
import { test } from "node:test";
import type { Properties, Value } from "../components/provider/index.ts";
import { isSecret } from "../simulation/mini-engine/index.ts";
import { onTheCluster, previewed, published, refusal, wellParented } from "./testing/previewed.ts";

const POOL = { addresses: ["192.168.1.200-192.168.1.220"] };
const WEBSOCKET = { selector: { app: "messaging" } };

test("metallb: the pool of the document, which nobody gets by chance, and MetalLB itself", async () => {
  const stack = await previewed("metallb");
  const pool = stack.one("IPAddressPool");
  assert.deepEqual(pool.given.spec.addresses, ["192.168.1.200-192.168.1.220"]);
  assert.equal(pool.given.spec.autoAssign, false);
  assert.equal(stack.one("Release", "metallb-release").given.chart, "metallb");
  stack.one("L2Advertisement");
  onTheCluster(stack);
  wellParented(stack);
  assert.deepEqual(Object.keys(stack.outputs).toSorted(), ["endpoint", "endpoints"]);
});

test("metallb: WebSockets on 443 that keep their pod, with a certificate, under their name", async () => {
  const { one, outputs } = await previewed("metallb");
  const service = one("Service", "websocket-service").given;
  const [port] = service.spec.ports;
  assert.deepEqual([port.port, port.targetPort, port.protocol], [443, 8080, "TCP"]);
  assert.equal(service.spec.sessionAffinityConfig.clientIP.timeoutSeconds, 10_800);
  assert.equal(service.metadata.namespace, "homelab-services");
  assert.equal(service.metadata.annotations["metallb.io/loadBalancerIPs"], "192.168.1.200");

  const certificate = one("Certificate", "websocket-tls-certificate");
  assert.deepEqual(certificate.given.spec.dnsNames, ["messaging.lucena.cloud"]);
  const [solver] = one("ClusterIssuer").given.spec.acme.solvers;
  assert.deepEqual(solver.dns01.cloudflare.apiTokenSecretRef, {
    name: "cloudflare",
    key: "api-token",
  });
  // Clients come to the router.
  const record = one("DnsRecord").given;
  assert.deepEqual(
    [record.name, record.content, record.proxied],
    ["messaging.lucena.cloud", "203.0.113.7", false],
  );
  const { websocket } = outputs.endpoints as Properties;
  assert.deepEqual((websocket as Properties).addresses, ["203.0.113.7"]);
});

test("metallb: the director has an address of its own and leads to the Service of the settings", async () => {
  const { one } = await previewed("metallb");
  const service = one("Service", "director-service");
  assert.deepEqual(published(service), ["TCP 9000", "UDP 7777"]);
  const { annotations } = service.given.metadata;
  assert.equal(annotations["metallb.io/loadBalancerIPs"], "192.168.1.201");
  const config = JSON.parse(one("ConfigMap").given.data["config.yaml"]);
  const [backend] = config.discovery.static.resources;
  assert.equal(backend.address, "voice.homelab-services.svc.cluster.local");
  assert.deepEqual(backend.ports, { voice: 8000 });
});

test("with MetalLB and an issuer in the cluster, neither is installed; secrets stay secret", async () => {
  const kubeconfig = "apiVersion: v1\nkind: Config\n";
  const stack = await previewed("none", {
    "udp:platform": "metallb",
    "udp:metallb": {
      cluster: { kubeconfig, context: "home" },
      metallb: { ...POOL, install: false, namespace: "lb" },
      websocket: {
        ...WEBSOCKET,
        tls: { hosts: ["m.example.com"], issuer: { name: "letsencrypt-prod" } },
      },
    },
  });
  assert.equal(stack.all("Release").length, 0);
  assert.equal(stack.one("IPAddressPool").given.metadata.namespace, "lb");
  const { issuerRef } = stack.one("Certificate").given.spec;
  assert.deepEqual([issuerRef.kind, issuerRef.name], ["ClusterIssuer", "letsencrypt-prod"]);
  const { inputs, given } = stack.one("kubernetes", "cluster");
  assert.ok(isSecret((inputs as Properties).kubeconfig as Value));
  assert.equal(given.context, "home");
});

test("a private root signs, and an ACME token of the settings ends in a Secret", async () => {
  const settings = (issuer: object) => ({
    "udp:platform": "metallb",
    "udp:metallb": {
      metallb: POOL,
      websocket: { ...WEBSOCKET, tls: { hosts: ["m.example.com"], ...issuer } },
    },
  });
  const own = await previewed("none", settings({ privateCa: {} }));
  assert.equal(own.one("Certificate", "ca-root").given.spec.commonName, "pulumi-udp root");
  const acme = { email: "ops@example.com", cloudflareToken: "cf-token" };
  const public_ = await previewed("none", settings({ acme }));
  const { stringData } = public_.one("Secret", "acme-token").inputs as Properties;
  assert.ok(
    isSecret(stringData as Value) || isSecret((stringData as Properties)["api-token"] as Value),
  );
});

test("everything that is wrong is told at once, with its path", async () => {
  const message = await refusal({
    "udp:platform": "metallb",
    "udp:metallb": {
      metallb: { addresses: ["192.168.1.200"], keepClearOf: { dhcp: ["192.168.1.0/24"] } },
      websocket: { selector: {}, tls: { hosts: ["m.example.com"] } },
      director: { image: "director:1", target: { service: "voice", ports: {} } },
    },
  });
  for (const line of [
    /^4 mistakes/,
    /udp:metallb\.metallb\.addresses\[0\]: /,
    /udp:metallb\.websocket\.selector: is empty/,
    /udp:metallb\.websocket\.tls\.issuer: is missing: give exactly one/,
    /udp:metallb\.director\.target\.ports: /,
  ]) {
    assert.match(message, line);
  }
});

test("an address outside of the pool, one that is asked for twice, and nothing to publish", async () => {
  const director = { image: "director:1", target: { service: "voice", ports: { voice: 8000 } } };
  const wrong = (rest: object) =>
    refusal({ "udp:platform": "metallb", "udp:metallb": { metallb: POOL, ...rest } });
  assert.match(
    await wrong({ director: { ...director, address: "192.168.2.1" } }),
    /director\.address: 192\.168\.2\.1 is not in the pool/,
  );
  const address = "192.168.1.200";
  assert.match(
    await wrong({ director: { ...director, address }, websocket: { ...WEBSOCKET, address } }),
    /director\.address: .* websocket\.address asks for it, too/,
  );
  assert.match(await wrong({}), /websocket: is missing, and so is director/);
});
