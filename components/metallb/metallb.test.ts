import assert from "node:assert/strict";
import { test } from "node:test";
import { output } from "@pulumi/pulumi";
import fc from "fast-check";
import { clouds } from "../testing/clouds.ts";
import { resolved, run } from "../testing/mocks.ts";
import { refused } from "../testing/refused.ts";
import {
  BgpBackend,
  MetalLb,
  MetalLbAddressPool,
  type MetalLbAddressPoolArgs,
  type MetalLbArgs,
  MetalLbBgpPeer,
  MetalLbMode,
} from "./index.ts";
import { metalLbValues } from "./metallb-args.ts";

const POOL: MetalLbAddressPoolArgs = {
  namespace: "metallb-system",
  addresses: ["192.168.1.200-192.168.1.220"],
};
const metallb = (args: MetalLbArgs = {}) => run(() => new MetalLb("metallb", args), clouds);
const pool = (args: Partial<MetalLbAddressPoolArgs> = {}) =>
  run(() => new MetalLbAddressPool("lan", { ...POOL, ...args }), clouds);

test("trap 22: pool and advertisement come after the release, and are tried again", async () => {
  const { one } = await run(() => {
    const made = new MetalLb("metallb");
    return new MetalLbAddressPool("lan", { ...POOL, namespace: made.namespace });
  }, clouds);
  for (const child of ["lan-pool", "lan-advertisement"]) {
    assert.ok(
      one(child).dependencies.some((urn) => urn.endsWith("::metallb-release")),
      child,
    );
    assert.deepEqual(one(child).errorHooks, ["lan-pool-webhook"], child);
  }
  // The release itself waits for the controller.
  assert.notEqual(one("Release").inputs.skipAwait, true);
});

test("trap 23: every pool has its advertisement, in each mode", async () => {
  const l2 = await pool();
  assert.equal(l2.one("lan-advertisement").inputs.kind, "L2Advertisement");
  assert.deepEqual(l2.one("lan-advertisement").inputs.spec.ipAddressPools, ["lan-pool-3d4e"]);
  const bgp = await pool({ mode: MetalLbMode.Bgp, bgp: { localPref: 100, peers: ["router"] } });
  assert.equal(bgp.one("lan-advertisement").inputs.kind, "BGPAdvertisement");
  assert.deepEqual(bgp.one("lan-advertisement").inputs.spec, {
    ipAddressPools: ["lan-pool-3d4e"],
    localPref: 100,
    peers: ["router"],
  });
});

test("trap 24: in L2 mode no FRR runs, whatever the chart's version leaves on", async () => {
  const { one } = await metallb();
  const { values } = one("Release").inputs;
  assert.equal(values.frrk8s.enabled, false);
  assert.equal(values.speaker.frr.enabled, false);
  const on = (args: MetalLbArgs) => {
    const made = metalLbValues(args) as { frrk8s: unknown; speaker: { frr: unknown } };
    return [made.frrk8s, made.speaker.frr];
  };
  const [yes, no] = [{ enabled: true }, { enabled: false }];
  const mode = MetalLbMode.Bgp;
  assert.deepEqual(on({ mode }), [yes, no]);
  assert.deepEqual(on({ mode, bgpBackend: BgpBackend.Frr }), [no, yes]);
  assert.deepEqual(on({ mode, bgpBackend: BgpBackend.Native }), [no, no]);
  // The chart's own values come second.
  const values2 = { frrk8s: { enabled: true, external: true }, speaker: { logLevel: "debug" } };
  assert.deepEqual(metalLbValues({ values: values2 }), {
    crds: { enabled: true },
    frrk8s: { enabled: false, external: true },
    speaker: { frr: { enabled: false }, ignoreExcludeLB: false, logLevel: "debug" },
  });
});

test("trap 25: the namespace lets speakers with host network and NET_RAW in", async () => {
  const { one } = await metallb();
  const { name, labels } = one("Namespace").inputs.metadata;
  assert.equal(name, "metallb-system");
  for (const level of ["enforce", "audit", "warn"]) {
    assert.equal(labels[`pod-security.kubernetes.io/${level}`], "privileged");
  }
  assert.equal(one("Release").inputs.namespace, "metallb-system");
});

test("the release is the published chart of a pinned version, or one's own", async () => {
  const published = (await metallb()).one("Release").inputs;
  assert.equal(published.version, "0.15.2");
  assert.equal(published.chart, "metallb");
  assert.deepEqual(published.repositoryOpts, { repo: "https://metallb.github.io/metallb" });
  const own = (await metallb({ chart: "./charts/metallb" })).one("Release").inputs;
  assert.equal(own.chart, "./charts/metallb");
  assert.equal(own.repositoryOpts, undefined);
});

test("speakers can be told where to run and which Services are theirs", async () => {
  const { one, result } = await metallb({
    loadBalancerClass: "metallb.io/lan",
    speakerNodeSelector: { edge: "yes" },
    announceFromExcludedNodes: true,
  });
  const { values } = one("Release").inputs;
  assert.equal(values.loadBalancerClass, "metallb.io/lan");
  assert.deepEqual(values.speaker.nodeSelector, { edge: "yes" });
  assert.equal(values.speaker.ignoreExcludeLB, true);
  assert.equal(result.loadBalancerClass, "metallb.io/lan");
});

test("what does not go together is refused", async () => {
  await refused(() => metallb({ bgpBackend: BgpBackend.Frr }), "bgpBackend", /L2, which speaks no/);
  await refused(() => metallb({ mode: "ARP" as MetalLbMode }), "mode", /L2 or BGP/);
  await refused(() => metallb({ timeoutSeconds: 5 }), "timeoutSeconds", /from 30/);
  await refused(() => pool({ bgp: {} }), "bgp", /mode is L2/);
  const bgp = { mode: MetalLbMode.Bgp };
  await refused(() => pool({ ...bgp, interfaces: ["eth0"] }), "interfaces", /L2 mode/);
  await refused(
    () => pool({ ...bgp, bgp: { aggregationLength: 33 } }),
    "bgp.aggregationLength",
    /1 to 32/,
  );
});

test("ranges of a pool overlap neither with each other nor with what others use", async () => {
  await refused(() => pool({ addresses: [] }), "addresses", /at least one/);
  for (const wrong of ["192.168.1.300", "192.168.1.9-192.168.1.2", "a-b", "10.0.0.0/33", "1-2-3"]) {
    await refused(() => pool({ addresses: [wrong] }), "addresses[0]", /is not a range/);
  }
  await refused(
    () => pool({ addresses: ["192.168.1.0/24", "192.168.1.200-192.168.1.220"] }),
    "addresses[1]",
    /overlaps with "192.168.1.0\/24" of the same pool/,
  );
  const keepClearOf = { nodes: ["192.168.1.220-192.168.1.230"], pods: ["10.42.0.0/16"] };
  await refused(() => pool({ keepClearOf }), "addresses[0]", /which is for nodes/);
  await refused(
    () => pool({ keepClearOf: { pods: ["x"] } }),
    'keepClearOf["pods"][0]',
    /is not a range/,
  );
  const { one } = await pool({
    addresses: ["192.168.1.200-192.168.1.219", "2001:db8::/64"],
    keepClearOf,
  });
  assert.equal(one("lan-pool").inputs.spec.addresses.length, 2);
});

test("runs of addresses overlap exactly if they share one", () => {
  const run = fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 10 }));
  const text = ([first, more]: [number, number]) => `10.0.0.${first}-10.0.0.${first + more}`;
  const numbers = ([first, more]: [number, number]) =>
    Array.from({ length: more + 1 }, (_, n) => first + n);
  return fc.assert(
    fc.asyncProperty(run, run, async (a, b) => {
      const shared = numbers(a).some((number) => numbers(b).includes(number));
      const given = pool({ addresses: [text(a), text(b)] });
      await (shared ? assert.rejects(given, /of the same pool/) : given);
    }),
    { numRuns: 40 },
  );
});

test("a pool says who gets its addresses and where they are announced", async () => {
  const { one, result } = await pool({
    autoAssign: false,
    avoidBuggyIPs: true,
    poolName: "lan",
    serviceAllocation: { priority: 10, namespaces: ["voice"], serviceLabels: [{ tier: "edge" }] },
    nodeLabels: [{ edge: "yes" }],
    interfaces: ["eth0"],
  });
  assert.deepEqual(one("lan-pool").inputs.spec, {
    addresses: ["192.168.1.200-192.168.1.220"],
    autoAssign: false,
    avoidBuggyIPs: true,
    serviceAllocation: {
      priority: 10,
      namespaces: ["voice"],
      serviceSelectors: [{ matchLabels: { tier: "edge" } }],
    },
  });
  assert.deepEqual(one("lan-advertisement").inputs.spec, {
    ipAddressPools: ["lan"],
    nodeSelectors: [{ matchLabels: { edge: "yes" } }],
    interfaces: ["eth0"],
  });
  assert.equal(one("lan-pool").deleteBeforeReplace, true);
  assert.deepEqual(await resolved(result.pool), {
    name: "lan",
    ranges: ["192.168.1.200-192.168.1.220"],
  });
});

test("a BGP peer is of the API's second version, and its numbers are checked", async () => {
  const args = {
    namespace: "metallb-system",
    myAsn: 64_512,
    peerAsn: 64_513,
    peerAddress: "192.168.1.1",
  };
  const { one, result } = await run(
    () =>
      new MetalLbBgpPeer("router", { ...args, passwordSecret: "bgp", nodeLabels: [{ a: "b" }] }),
    clouds,
  );
  const { apiVersion, spec } = one("BGPPeer").inputs;
  assert.equal(apiVersion, "metallb.io/v1beta2");
  assert.deepEqual(spec, {
    myASN: 64_512,
    peerASN: 64_513,
    peerAddress: "192.168.1.1",
    passwordSecret: { name: "bgp" },
    nodeSelectors: [{ matchLabels: { a: "b" } }],
  });
  assert.equal(await resolved(result.peer), "router-peer-3d4e");
  const peer = (more: object) =>
    run(() => new MetalLbBgpPeer("router", { ...args, ...more }), clouds);
  await refused(() => peer({ myAsn: 0 }), "myAsn", /1 to 4294967295/);
  await refused(() => peer({ peerAddress: "192.168.1.0/24" }), "peerAddress", /not an address/);
  await peer({ peerAddress: output("later") });
});
