import assert from "node:assert/strict";
import { test } from "node:test";
import { clouds } from "../testing/clouds.ts";
import { type Json, resolved, run } from "../testing/mocks.ts";
import { refused } from "../testing/refused.ts";
import {
  CiliumAddressPool,
  type CiliumAddressPoolArgs,
  CiliumAnnouncement,
  CiliumL2Policy,
  type CiliumL2PolicyArgs,
  CiliumPoolVersion,
  CiliumUdpLoadBalancer,
  type CiliumUdpLoadBalancerArgs,
  Exposure,
  Protocol,
  TrafficPolicy,
} from "./index.ts";

const ARGS: CiliumUdpLoadBalancerArgs = {
  selector: { app: "intermediate-server" },
  ports: [{ name: "quic", port: 4433, protocol: Protocol.Udp }],
};
const POOL = {
  name: "home",
  ranges: ["10.0.150.200-10.0.150.210"],
  serviceLabels: { pool: "home" },
};
const balancer = (args: Partial<CiliumUdpLoadBalancerArgs> = {}) =>
  run(() => new CiliumUdpLoadBalancer("relay", { ...ARGS, ...args }), clouds);
const service = async (args: Partial<CiliumUdpLoadBalancerArgs> = {}): Promise<Json> =>
  (await balancer(args)).one("relay-service").inputs;
const policy = (args?: CiliumL2PolicyArgs) => run(() => new CiliumL2Policy("home", args), clouds);
const pool = (args: Partial<CiliumAddressPoolArgs> = {}) =>
  run(
    () => new CiliumAddressPool("home", { addresses: ["10.0.150.200-10.0.150.210"], ...args }),
    clouds,
  );

test("trap 26: the policy Local is refused with L2, and the default is Cluster", async () => {
  await refused(
    () => balancer({ externalTrafficPolicy: TrafficPolicy.Local }),
    "externalTrafficPolicy",
    /does not go with L2 announcements.*Use Cluster, or announce with BGP/,
  );
  const { spec } = await service();
  assert.equal(spec.externalTrafficPolicy, "Cluster");
  assert.equal(spec.loadBalancerClass, "io.cilium/l2-announcer");
  const bgp = (await service({ announcement: CiliumAnnouncement.Bgp })).spec;
  assert.equal(bgp.externalTrafficPolicy, "Local");
  assert.equal(bgp.loadBalancerClass, "io.cilium/bgp-control-plane");
});

test("trap 27: a policy announces the addresses of load balancers, whatever else it says", async () => {
  for (const args of [undefined, { externalIPs: true }, { externalIPs: false }]) {
    const { one } = await policy(args);
    assert.equal(one("CiliumL2AnnouncementPolicy").inputs.spec.loadBalancerIPs, true);
  }
  const { one } = await policy({
    interfaces: ["^eth0"],
    nodeLabels: { edge: "yes" },
    serviceLabels: { pool: "home" },
  });
  assert.deepEqual(one("CiliumL2AnnouncementPolicy").inputs.spec, {
    loadBalancerIPs: true,
    externalIPs: false,
    interfaces: ["^eth0"],
    nodeSelector: { matchLabels: { edge: "yes" } },
    serviceSelector: { matchLabels: { pool: "home" } },
  });
  await refused(() => policy({ interfaces: [""] }), "interfaces[0]", /every interface/);
});

test("a pool is of the whole cluster, and of the API version that the cluster has", async () => {
  const { one, result } = await pool({
    addresses: ["10.0.150.200-10.0.150.210", "10.0.151.0/29", "10.0.152.1"],
    serviceLabels: { pool: "home" },
    allowFirstLastIPs: false,
  });
  const { apiVersion, metadata, spec } = one("home-pool").inputs;
  assert.equal(apiVersion, "cilium.io/v2");
  assert.equal(metadata.namespace, undefined);
  assert.deepEqual(spec, {
    blocks: [
      { start: "10.0.150.200", stop: "10.0.150.210" },
      { cidr: "10.0.151.0/29" },
      { start: "10.0.152.1", stop: "10.0.152.1" },
    ],
    allowFirstLastIPs: "No",
    serviceSelector: { matchLabels: { pool: "home" } },
  });
  assert.deepEqual((await resolved(result.pool)).serviceLabels, { pool: "home" });
  const older = await pool({ apiVersion: CiliumPoolVersion.V2Alpha1, poolName: "home" });
  assert.equal(older.one("home-pool").inputs.apiVersion, "cilium.io/v2alpha1");
  assert.equal(older.one("home-pool").inputs.metadata.name, "home");
});

test("a pool overlaps with nothing that others use", async () => {
  await refused(
    () => pool({ keepClearOf: { nodes: ["10.0.150.205"] } }),
    "addresses[0]",
    /which is for nodes/,
  );
  await refused(() => pool({ apiVersion: "v3" as CiliumPoolVersion }), "apiVersion", /not known/);
  await refused(() => pool({ serviceLabels: { a: "" } }), 'serviceLabels["a"]', /is empty/);
});

test("the address that is asked for is the endpoint, and the Service has the pool's labels", async () => {
  const { one, result } = await balancer({ addresses: ["10.0.150.205"], pool: POOL });
  const { metadata, spec } = one("relay-service").inputs;
  assert.deepEqual(metadata.annotations, { "lbipam.cilium.io/ips": "10.0.150.205" });
  assert.equal(metadata.labels.pool, "home");
  assert.equal(spec.allocateLoadBalancerNodePorts, false);
  assert.deepEqual(await resolved(result.endpoint), {
    addresses: ["10.0.150.205"],
    ports: [{ name: "quic", port: 4433, protocol: "UDP" }],
  });
  await refused(
    () => balancer({ addresses: ["10.0.150.1"], pool: POOL }),
    "addresses[0]",
    /not in the pool home/,
  );
  await refused(() => balancer({ addresses: [] }), "addresses", /one, or an IPv4 and/);
});

test("without one, the endpoint is what the Service got", async () => {
  const { result } = await balancer();
  assert.deepEqual((await resolved(result.endpoint)).addresses, ["203.0.113.20"]);
});

test("an address is shared by a key, across namespaces if they are named", async () => {
  const { metadata } = await service({ sharedAddress: { key: "edge", namespaces: ["a", "b"] } });
  assert.deepEqual(metadata.annotations, {
    "lbipam.cilium.io/sharing-cross-namespace": "a,b",
    "lbipam.cilium.io/sharing-key": "edge",
  });
  await refused(() => balancer({ sharedAddress: { key: "" } }), "sharedAddress.key", /is empty/);
});

test("internal ports stay inside, client networks are let in by the Service", async () => {
  const { one } = await balancer({
    sourceRanges: ["10.0.0.0/8"],
    ports: [
      ...ARGS.ports,
      { name: "metrics", port: 9090, protocol: Protocol.Tcp, exposure: Exposure.Internal },
    ],
  });
  assert.equal(one("relay-internal").inputs.spec.type, "ClusterIP");
  assert.deepEqual(one("relay-service").inputs.spec.loadBalancerSourceRanges, ["10.0.0.0/8"]);
});
