import assert from "node:assert/strict";
import { test } from "node:test";
import { clouds } from "../testing/clouds.ts";
import { resolved, run } from "../testing/mocks.ts";
import { refused } from "../testing/refused.ts";
import {
  DoDropletRelay,
  type DoDropletRelayArgs,
  DoHealthCheckProtocol,
  DoksTrafficPolicy,
  DoksUdpLoadBalancer,
  type DoksUdpLoadBalancerArgs,
  DoReservedIp,
  DoUdpLoadBalancer,
  type DoUdpLoadBalancerArgs,
  Exposure,
  Protocol,
} from "./index.ts";

const QUIC = { name: "quic", port: 4433, protocol: Protocol.Udp };
const P2P = { name: "p2p", port: 4434, protocol: Protocol.Udp };
const METRICS = {
  name: "metrics",
  port: 9090,
  protocol: Protocol.Tcp,
  exposure: Exposure.Internal,
};

const RELAY: DoDropletRelayArgs = {
  address: { ipAddress: "198.51.100.7", region: "nyc1" },
  ports: [QUIC, P2P],
};
const relay = (args: Partial<DoDropletRelayArgs> = {}) =>
  run(() => new DoDropletRelay("relay", { ...RELAY, ...args }), clouds);

const LB: DoUdpLoadBalancerArgs = {
  region: "nyc1",
  dropletTag: "relay",
  ports: [QUIC],
  healthCheck: { port: 9090, path: "/readyz" },
};
const lb = (args: Partial<DoUdpLoadBalancerArgs> = {}) =>
  run(() => new DoUdpLoadBalancer("relay", { ...LB, ...args }), clouds);

const DOKS: DoksUdpLoadBalancerArgs = { selector: { app: "relay" }, ports: [QUIC] };
const doks = (args: Partial<DoksUdpLoadBalancerArgs> = {}) =>
  run(() => new DoksUdpLoadBalancer("relay", { ...DOKS, ...args }), clouds);

test("a reserved address is protected, names no droplet, and goes to its project", async () => {
  const { one, result } = await run(
    () => new DoReservedIp("relay", { region: "nyc1", projectId: "project-1" }),
    clouds,
  );
  assert.deepEqual(one("ReservedIp").inputs, { region: "nyc1" });
  assert.equal(one("ReservedIp").protect, true);
  assert.deepEqual(one("ProjectResources").inputs, {
    project: "project-1",
    resources: ["do:reservedip:198.51.100.7"],
  });
  assert.deepEqual(await resolved(result.address), { ipAddress: "198.51.100.7", region: "nyc1" });
});

test("trap 18: the firewall lets everything out unless told otherwise, and never nothing", async () => {
  const { one } = await relay();
  const everywhere = ["0.0.0.0/0", "::/0"];
  assert.deepEqual(one("Firewall").inputs.outboundRules, [
    { protocol: "tcp", portRange: "1-65535", destinationAddresses: everywhere },
    { protocol: "udp", portRange: "1-65535", destinationAddresses: everywhere },
    { protocol: "icmp", destinationAddresses: everywhere },
  ]);
  await refused(() => relay({ egressRanges: [] }), "egressRanges", /lets nothing out/);
  const named = await relay({ egressRanges: ["203.0.113.0/24"] });
  const [tcp] = named.one("Firewall").inputs.outboundRules;
  assert.deepEqual(tcp.destinationAddresses, ["203.0.113.0/24"]);
});

test("trap 19: the droplet's identifier becomes a number for the assignment", async () => {
  const { one } = await relay();
  const { dropletId, ipAddress } = one("ReservedIpAssignment").inputs;
  assert.equal(typeof dropletId, "number");
  assert.deepEqual([dropletId, ipAddress], [3_164_494, "198.51.100.7"]);
  // Else nobody would have the address while a droplet is replaced.
  assert.equal(one("ReservedIpAssignment").deleteBeforeReplace, false);
});

test("the firewall knows the droplet by tag and is there before it", async () => {
  const { one, result } = await relay({
    ports: [QUIC, METRICS],
    internalTags: ["prometheus"],
    sourceRanges: ["203.0.113.0/24"],
    sshSourceRanges: ["203.0.113.7/32"],
    sshKeys: ["ab:cd"],
    tags: ["ztna"],
  });
  assert.deepEqual(one("Firewall").inputs.inboundRules, [
    { protocol: "udp", portRange: "4433", sourceAddresses: ["203.0.113.0/24"] },
    { protocol: "tcp", portRange: "9090", sourceTags: ["prometheus"] },
    { protocol: "tcp", portRange: "22", sourceAddresses: ["203.0.113.7/32"] },
  ]);
  assert.deepEqual(one("Firewall").inputs.tags, ["relay"]);
  assert.deepEqual(one("Droplet").inputs.tags, ["relay", "ztna"]);
  assert.ok(one("Droplet").dependencies.some((urn) => urn.endsWith("relay-firewall")));
  assert.deepEqual(await resolved(result.endpoint), {
    addresses: ["198.51.100.7"],
    ports: [{ name: "quic", port: 4433, protocol: "UDP" }],
  });
});

test("the droplet of spec/004: Ubuntu 24.04, s-1vcpu-1gb, UDP 4433 and 4434, no SSH unless given", async () => {
  const { one } = await relay();
  const { region, image, size } = one("Droplet").inputs;
  assert.deepEqual([region, image, size], ["nyc1", "ubuntu-24-04-x64", "s-1vcpu-1gb"]);
  const ports = one("Firewall").inputs.inboundRules.map(
    (rule: { portRange: string }) => rule.portRange,
  );
  assert.deepEqual(ports, ["4433", "4434"]);
});

test("trap 21: packets keep their port, so another target port is refused, and the type is said", async () => {
  const other = [{ ...QUIC, targetPort: 14_433 }];
  await refused(() => lb({ ports: other }), "ports[0].targetPort", /14433 is not 4433/);
  await refused(() => relay({ ports: other }), "ports[0].targetPort", /14433 is not 4433/);
  const { one, result } = await lb({ ports: [QUIC, METRICS], sourceRanges: ["203.0.113.0/24"] });
  const { inputs, protect } = one("LoadBalancer");
  assert.deepEqual([inputs.type, inputs.network, protect], ["REGIONAL_NETWORK", "EXTERNAL", true]);
  assert.deepEqual(inputs.forwardingRules, [
    { entryProtocol: "udp", entryPort: 4433, targetProtocol: "udp", targetPort: 4433 },
  ]);
  assert.deepEqual(inputs.firewall, { allows: ["cidr:203.0.113.0/24"] });
  assert.deepEqual(inputs.healthcheck, {
    protocol: "http",
    port: 9090,
    path: "/readyz",
    checkIntervalSeconds: 10,
    responseTimeoutSeconds: 5,
    healthyThreshold: 3,
    unhealthyThreshold: 3,
  });
  assert.deepEqual((await resolved(result.endpoint)).addresses, ["198.51.100.8"]);
});

test("trap 20: a Service's health check is never overridden, and its type is said", async () => {
  const { one, result } = await doks({ loadBalancerName: "relay-nyc1" });
  const { metadata, spec } = one("Service").inputs;
  assert.deepEqual(metadata.annotations, {
    "service.beta.kubernetes.io/do-loadbalancer-name": "relay-nyc1",
    "service.beta.kubernetes.io/do-loadbalancer-type": "REGIONAL_NETWORK",
  });
  assert.deepEqual(
    [spec.externalTrafficPolicy, spec.allocateLoadBalancerNodePorts],
    ["Local", false],
  );
  assert.equal(one("Service").protect, true);
  assert.deepEqual(await resolved(result.endpoint), {
    addresses: ["203.0.113.20"],
    ports: [{ name: "quic", port: 4433, protocol: "UDP" }],
  });
});

test("on Kubernetes the pod's port may differ, and internal ports have a Service of their own", async () => {
  const { one } = await doks({
    ports: [{ ...QUIC, targetPort: 14_433 }, METRICS],
    externalTrafficPolicy: DoksTrafficPolicy.Cluster,
  });
  const { spec } = one("relay-service").inputs;
  assert.deepEqual([spec.ports[0].targetPort, spec.externalTrafficPolicy], [14_433, "Cluster"]);
  const inside = one("relay-internal").inputs.spec;
  assert.deepEqual([inside.type, inside.ports[0].port], ["ClusterIP", 9090]);
});

test("mistakes are refused by their place, with the way out", async () => {
  await refused(() => lb({ healthCheck: undefined as never }), "healthCheck", /no check over UDP/);
  const health = (extra: object, at: string, why: RegExp) =>
    refused(() => lb({ healthCheck: { port: 9090, ...extra } }), `healthCheck.${at}`, why);
  await health({ protocol: "udp" as DoHealthCheckProtocol }, "protocol", /tcp, http or https/);
  await health({ protocol: DoHealthCheckProtocol.Http }, "path", /is missing/);
  await health({ protocol: DoHealthCheckProtocol.Tcp, path: "/" }, "path", /only connects/);
  await health({ intervalSeconds: 2 }, "intervalSeconds", /3 to 300/);
  await health({ healthyThreshold: 1 }, "healthyThreshold", /2 to 10/);
  await refused(() => lb({ ports: [METRICS] }), "ports", /no PUBLIC port/);
  await refused(() => relay({ tags: ["a b"] }), "tags[0]", /not a tag/);
  await refused(
    () => relay({ sshSourceRanges: ["::/0"], sshKeys: ["key"] }),
    "sshSourceRanges[0]",
    /everybody/,
  );
  await refused(() => relay({ sshSourceRanges: ["203.0.113.7/32"] }), "sshKeys", /is missing/);
  await refused(() => doks({ selector: {} }), "selector", /is empty/);
  await refused(
    () => doks({ externalTrafficPolicy: "x" as DoksTrafficPolicy }),
    "externalTrafficPolicy",
    /Local or Cluster/,
  );
});
