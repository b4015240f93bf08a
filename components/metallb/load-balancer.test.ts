import assert from "node:assert/strict";
import { test } from "node:test";
import { clouds } from "../testing/clouds.ts";
import { type Json, resolved, run } from "../testing/mocks.ts";
import { refused } from "../testing/refused.ts";
import {
  Exposure,
  MetalLbUdpLoadBalancer,
  type MetalLbUdpLoadBalancerArgs,
  Protocol,
  TrafficPolicy,
} from "./index.ts";

const ARGS: MetalLbUdpLoadBalancerArgs = {
  selector: { app: "audio" },
  ports: [{ name: "audio", port: 8000, protocol: Protocol.Udp }],
};
const POOL = { name: "lan", ranges: ["192.168.1.200-192.168.1.220", "2001:db8::/64"] };

const balancer = (args: Partial<MetalLbUdpLoadBalancerArgs> = {}) =>
  run(() => new MetalLbUdpLoadBalancer("audio", { ...ARGS, ...args }), clouds);
const service = async (args: Partial<MetalLbUdpLoadBalancerArgs> = {}): Promise<Json> =>
  (await balancer(args)).one("audio-service").inputs;

test("UDP and TCP, on one number too, share one Service without node ports", async () => {
  const { spec } = await service({
    ports: [
      { name: "data", port: 7777, targetPort: 17_777, protocol: Protocol.Udp },
      { name: "data-tcp", port: 7777, protocol: Protocol.Tcp },
    ],
  });
  assert.equal(spec.type, "LoadBalancer");
  assert.equal(spec.allocateLoadBalancerNodePorts, false);
  assert.deepEqual(spec.ports, [
    { name: "data", port: 7777, protocol: "UDP", targetPort: 17_777 },
    { name: "data-tcp", port: 7777, protocol: "TCP", targetPort: 7777 },
  ]);
});

test("an address that is asked for is the endpoint before the Service exists", async () => {
  const { one, result } = await balancer({ addresses: ["192.168.1.200"], pool: POOL });
  const { metadata, spec } = one("audio-service").inputs;
  assert.deepEqual(metadata.annotations, {
    "metallb.io/address-pool": "lan",
    "metallb.io/loadBalancerIPs": "192.168.1.200",
  });
  // Both would be refused by the controller.
  assert.equal(spec.loadBalancerIP, undefined);
  assert.deepEqual(spec.ipFamilies, ["IPv4"]);
  assert.deepEqual(await resolved(result.endpoint), {
    addresses: ["192.168.1.200"],
    ports: [{ name: "audio", port: 8000, protocol: "UDP" }],
  });
  assert.equal(one("audio-service").deleteBeforeReplace, true);
});

test("an address of each IP version makes the Service dual-stack, in one way of writing", async () => {
  const { one, result } = await balancer({
    addresses: ["192.168.1.201", "2001:0DB8:0::0001"],
    pool: POOL,
  });
  const { metadata, spec } = one("audio-service").inputs;
  assert.equal(metadata.annotations["metallb.io/loadBalancerIPs"], "192.168.1.201,2001:db8::1");
  assert.deepEqual([spec.ipFamilies, spec.ipFamilyPolicy], [["IPv4", "IPv6"], "RequireDualStack"]);
  assert.deepEqual((await resolved(result.endpoint)).addresses, ["192.168.1.201", "2001:db8::1"]);
});

test("without one, the endpoint is what the Service got", async () => {
  const { one, result } = await balancer();
  assert.deepEqual(one("audio-service").inputs.metadata.annotations, {});
  assert.deepEqual((await resolved(result.endpoint)).addresses, ["203.0.113.20"]);
});

test("an address outside of the pool is refused", async () => {
  const outside = { addresses: ["192.168.1.199"] };
  await refused(() => balancer({ ...outside, pool: POOL }), "addresses[0]", /not in the pool lan/);
  await refused(() => balancer({ addresses: ["10.0.0.0/8"] }), "addresses[0]", /not an address/);
  await refused(
    () => balancer({ addresses: ["10.0.0.1", "10.0.0.2"] }),
    "addresses[1]",
    /second IPv4/,
  );
  await refused(() => balancer({ addresses: [] }), "addresses", /one, or an IPv4 and/);
});

test("clients keep their address, unless an address is shared among other pods", async () => {
  assert.equal((await service()).spec.externalTrafficPolicy, "Local");
  const shared = await service({ sharedAddress: { key: "edge" } });
  assert.equal(shared.spec.externalTrafficPolicy, "Cluster");
  assert.equal(shared.metadata.annotations["metallb.io/allow-shared-ip"], "edge");
  await refused(
    () =>
      balancer({
        sharedAddress: { key: "edge" },
        externalTrafficPolicy: TrafficPolicy.Local,
      }),
    "externalTrafficPolicy",
    /same selector/,
  );
  const same = await service({ sharedAddress: { key: "edge", samePods: true } });
  assert.equal(same.spec.externalTrafficPolicy, "Local");
  await refused(() => balancer({ sharedAddress: { key: "" } }), "sharedAddress.key", /empty/);
});

test("where Cilium hands out addresses too, the class says whose the Service is", async () => {
  const { spec } = await service({ loadBalancerClass: "metallb.io/lan" });
  assert.equal(spec.loadBalancerClass, "metallb.io/lan");
  assert.equal("loadBalancerClass" in (await service()).spec, false);
});

test("client networks are let in by the Service itself", async () => {
  const { spec } = await service({ sourceRanges: ["10.0.0.0/8"] });
  assert.deepEqual(spec.loadBalancerSourceRanges, ["10.0.0.0/8"]);
  await refused(() => balancer({ sourceRanges: ["10.0.0.0"] }), "sourceRanges[0]", /not a network/);
});

test("nobody waits for pods that come later, if that is said", async () => {
  const { metadata } = await service({ skipAwait: true });
  assert.equal(metadata.annotations["pulumi.com/skipAwait"], "true");
});

test("internal ports stay inside", async () => {
  const { one, result } = await balancer({
    ports: [
      ...ARGS.ports,
      { name: "metrics", port: 9090, protocol: Protocol.Tcp, exposure: Exposure.Internal },
    ],
  });
  assert.equal(one("audio-internal").inputs.spec.type, "ClusterIP");
  assert.deepEqual(
    one("audio-service").inputs.spec.ports.map(({ name }: Json) => name),
    ["audio"],
  );
  assert.doesNotMatch(JSON.stringify(await resolved(result.endpoint)), /9090/);
});
