import assert from "node:assert/strict";
import { test } from "node:test";
import {
  banned,
  commands,
  type Flow,
  familyOf,
  handedOver,
  listedMarks,
  offered,
  unbanned,
  withdrawn,
} from "./flow.ts";
import { type KernelFlow, KernelFlows } from "./kernel-flows.ts";
import { ruleset } from "./ruleset.ts";
import { Sources } from "./sources.ts";

const FLOW: Flow = {
  client: { address: "192.0.2.1", port: 4000 },
  dataPort: 7777,
  backend: { address: "10.0.0.9", port: 9001 },
  source: { address: "10.0.0.1", port: 30_000 },
};
const MARKED = { ...FLOW, mark: 70_144, zone: 4466 };

test("a flow is told to the kernel in two steps, and taken back in one", () => {
  assert.deepEqual(commands(offered("ip", MARKED)), [
    "add element ip udp_director backends { 70144 : 10.0.0.9 . 9001 }",
    "add element ip udp_director sources { 70144 : 10.0.0.1 . 30000 }",
    "add element ip udp_director marks { 192.0.2.1 . 4000 . 7777 : 70144 }",
    "add element ip udp_director flows { 192.0.2.1 . 4000 . 7777 : 4466 }",
  ]);
  assert.deepEqual(commands(handedOver("ip", MARKED)), [
    "add element ip udp_director flows { 10.0.0.9 . 9001 . 30000 : 4466 }",
  ]);
  assert.deepEqual(commands(withdrawn("ip", MARKED, true)), [
    "delete element ip udp_director flows { 192.0.2.1 . 4000 . 7777, 10.0.0.9 . 9001 . 30000 }",
    "delete element ip udp_director marks { 192.0.2.1 . 4000 . 7777 }",
    "delete element ip udp_director sources { 70144 }",
    "delete element ip udp_director backends { 70144 }",
  ]);
  assert.equal(withdrawn("ip", MARKED, false).length, 4, "answers were not handed over");
});

test("a ban is an element with a timeout, and lifting one that has ended is no mistake", () => {
  assert.deepEqual(commands(banned("192.0.2.1", 1500.5)), [
    "add element ip udp_director banned { 192.0.2.1 timeout 1501ms }",
  ]);
  assert.deepEqual(commands(unbanned("2001:db8:0:1::/64")), [
    "add element ip6 udp_director banned { 2001:db8:0:1:: timeout 1s }",
    "delete element ip6 udp_director banned { 2001:db8:0:1:: }",
  ]);
});

test("what a banned source sends is dropped where it is in no flow, and counted", () => {
  const options = {
    ...{ listen: [], ports: [7777], sourcePorts: { from: 20_000, to: 60_999 }, maxFlows: 9 },
    ...{ magic: Buffer.from("ff00ff00", "hex"), idleSeconds: 9, activeSeconds: 2, maxBans: 77 },
  };
  for (const [family, source] of [
    ["ip", "ip saddr"],
    ["ip6", "ip6 saddr & ffff:ffff:ffff:ffff::"],
  ] as const) {
    const rules = ruleset(family, options);
    assert.match(rules, /set banned \{ type ipv[46]_addr; flags timeout; size 77; \}/);
    const drop = `${source} @banned fib daddr type local counter name banned drop`;
    const places = [...rules.matchAll(/@banned/g)].map(({ index }) => index);
    const [control = 0, stranger = 0] = places;
    assert.equal(rules.split(drop).length, 3, "in two places");
    assert.ok(control < rules.indexOf("notrack accept"), "control packets");
    assert.ok(stranger > rules.indexOf("map @flows accept"), "what is in a flow is not asked");
  }
});

test("changes of many flows are one command a set", () => {
  const all = [1, 2, 3].flatMap((mark) => offered("ip", { ...FLOW, mark, zone: mark }));
  assert.equal(commands(all).length, 4);
  assert.match(commands(all)[0] ?? "", /\{ 1 : \S+ \. 9001, 2 : \S+ \. 9001, 3 : /);
});

test("a flow has one version of IP, or is none of the kernel's", () => {
  const six = { address: "fd00::9", port: 9001 };
  assert.equal(familyOf(FLOW), "ip");
  assert.equal(familyOf({ ...FLOW, backend: six }), undefined);
  const client = { address: "fd00::1", port: 1 };
  assert.equal(familyOf({ ...FLOW, client, backend: six, source: client }), "ip6");
});

test("marks are read from listings as nft prints them", () => {
  const set = '"set": {"family": "ip", "name": "active", "table": "udp_director", "handle": 2';
  const elements = [1001, 1002, 10].map((val) => `{"elem": {"val": ${val}, "expires": 9}}`);
  const listing = `{"nftables": [{${set}, "timeout": 10, "elem": [${elements.join(", ")}]}}]}`;
  assert.deepEqual([...listedMarks(listing)], [1001, 1002, 10]);
  assert.deepEqual([...listedMarks(`{"nftables": [{${set}, "timeout": 10}}]}`)], []);
});

/** A kernel that takes everything but what `refuses` matches, and lists what it is told to. */
function kernel(refuses = /^$/) {
  const ran: string[] = [];
  const listings: Record<string, string> = {};
  const run = async (...all: readonly string[]) => {
    const [first = ""] = all;
    if (all.some((command) => refuses.test(command))) throw new Error("nft: no");
    if (/^(list|reset) /.test(first)) return listings[first] ?? "";
    ran.push(...all);
    return "";
  };
  return { ran, listings, run };
}

function flowsOn(runner: ReturnType<typeof kernel>, maxFlows = 100) {
  const failures: string[] = [];
  const failed = ({ message }: Error) => void failures.push(message);
  const sources = new Sources({ from: 20_000, to: 60_999 }, (from) => from);
  return {
    flows: new KernelFlows({ runner, lister: runner, maxFlows, sources, failed }),
    failures,
  };
}

/** A listing with the mark of the first flow. */
const ONE = '"elem": [{"elem": {"val": 256, "expires": 9}}]';
const FRESH = "list set ip udp_director fresh";
const silent = { direct: () => undefined, passed: () => undefined };
const client = (port: number): Flow => ({
  ...FLOW,
  client: { ...FLOW.client, port },
  source: { ...FLOW.source, port: 20_000 + port },
});

test("what is faster gets flows once the rules have them, loses them at once, and begins its epoch after the rules", async () => {
  const runner = kernel();
  const { flows } = flowsOn(runner);
  const heard: string[] = [];
  flows.faster = {
    add: ({ client }) => void heard.push(`add ${client.port}`),
    remove: ({ client }) => void heard.push(`remove ${client.port}, ${runner.ran.length} commands`),
    nextEpoch: () => void heard.push(`epoch, ${runner.ran.length} commands`),
  };
  const flow = flows.offer(FLOW, silent);
  const halfWay = flows.offer(client(5), silent);
  const refused = flows.offer(client(6), silent);
  assert.deepEqual(heard, [], "the rules have not");
  if (refused) void flows.withdraw(refused);
  await flows.settled();
  runner.listings[FRESH] = ONE;
  await flows.handOver();
  await flows.settled();
  assert.equal(flow?.stage, "direct");
  assert.equal(halfWay?.stage, "oneWay");
  assert.deepEqual(heard.splice(0), ["add 4000", "add 5"]);
  const before = runner.ran.length;
  await flows.nextEpoch();
  assert.deepEqual(heard.splice(0), [`epoch, ${before + 2} commands`]);
  const withdrawn = [flow, halfWay].map((one) => one && flows.withdraw(one));
  const removed = [4000, 5].map((port) => `remove ${port}, ${before + 2} commands`);
  assert.deepEqual(heard, removed, "not what it never had");
  await Promise.all(withdrawn);
  assert.ok(runner.ran.length > before + 2);
});

test("what is faster gets a found flow when it is claimed", () => {
  const { flows } = flowsOn(kernel());
  const heard: number[] = [];
  flows.faster = {
    add: ({ client }) => void heard.push(client.port),
    ...{ remove: () => undefined, nextEpoch: () => undefined },
  };
  const flow = flows.adopt({ ...client(1), family: "ip", mark: 256, zone: 1, handedOver: true });
  assert.deepEqual(heard, [], "it is nobody's");
  flows.claim(flow, silent);
  assert.deepEqual(heard, [1]);
});

test("answers are handed over once a client's packet has made the kernel's flow", async () => {
  const runner = kernel();
  const { flows } = flowsOn(runner);
  let direct = 0;
  const flow = flows.offer(FLOW, { ...silent, direct: () => direct++ });
  assert.equal(flow?.stage, "offered");
  await flows.settled();
  assert.equal(flow?.stage, "oneWay");
  await flows.handOver();
  await flows.settled();
  assert.deepEqual([flow?.stage, direct], ["oneWay", 0], "no packet yet");
  runner.listings[FRESH] = ONE;
  await flows.handOver();
  await flows.settled();
  assert.deepEqual([flow?.stage, direct, flows.waiting], ["direct", 1, false]);
});

test("answers of an active flow are handed over, whether or not its first packet was seen", async () => {
  const runner = kernel();
  const { flows } = flowsOn(runner);
  let active = 0;
  const flow = flows.offer(FLOW, { ...silent, passed: () => active++ });
  await flows.settled();
  runner.listings["list set ip udp_director active"] = ONE;
  await flows.poll();
  await flows.settled();
  assert.deepEqual([flow?.stage, active, flows.waiting], ["direct", 1, false]);
});

test("a flow that is taken back while it is handed over stays with the sockets", async () => {
  const runner = kernel();
  const { flows } = flowsOn(runner);
  let direct = 0;
  const flow = flows.offer(FLOW, { ...silent, direct: () => direct++ }) as KernelFlow;
  await flows.settled();
  runner.listings[FRESH] = ONE;
  await flows.handOver();
  assert.equal(flow.stage, "handing");
  const back = flows.withdraw(flow);
  await flows.settled();
  await back;
  assert.deepEqual([flow.stage, direct, flows.size], ["withdrawn", 0, 0]);
  const deleted = runner.ran.find((command) => command.startsWith("delete element"));
  assert.match(deleted ?? "", /flows \{ 192\S+ \. 4000 \. 7777, 10\.0\.0\.9 \. 9001 \. 30000 \}/);
});

test("a flow whose zone remembers another one gets another zone, in one transaction", async () => {
  const runner = kernel();
  const { flows } = flowsOn(runner);
  const flow = flows.offer(FLOW, silent);
  flows.offer(client(1), silent);
  await flows.settled();
  assert.equal(flow?.zone, 1);
  runner.listings["list set ip udp_director stale"] = ONE;
  await flows.handOver();
  await flows.settled();
  assert.equal(flow?.zone, 3);
  assert.deepEqual(runner.ran.slice(-2), [
    "delete element ip udp_director flows { 192.0.2.1 . 4000 . 7777 }",
    "add element ip udp_director flows { 192.0.2.1 . 4000 . 7777 : 3 }",
  ]);
});

test("what the kernel refuses stays with the sockets, and takes nobody along", async () => {
  const runner = kernel(/192\.0\.2\.1 \. 2 \./);
  const { flows, failures } = flowsOn(runner);
  const all = [1, 2, 3].map((port) => flows.offer(client(port), silent));
  await flows.settled();
  assert.deepEqual(
    all.map((flow) => flow?.stage),
    ["oneWay", "withdrawn", "oneWay"],
  );
  assert.deepEqual(failures, ["nft: no"]);
  assert.equal(flows.size, 2);
});

test("a source is used once towards a backend, and flows have a bound", async () => {
  const { flows } = flowsOn(kernel(), 2);
  const first = flows.offer(FLOW, silent) as KernelFlow;
  assert.equal(
    flows.offer({ ...FLOW, client: { address: "192.0.2.2", port: 1 } }, silent),
    undefined,
  );
  assert.ok(flows.offer(client(1), silent));
  assert.equal(flows.offer(client(2), silent), undefined, "full");
  await flows.withdraw(first);
  assert.ok(flows.offer(FLOW, silent), "free again");
});

test("owners hear of activity, and payload bytes are counted without headers", async () => {
  const runner = kernel();
  const { flows } = flowsOn(runner);
  let active = 0;
  flows.offer(FLOW, { ...silent, passed: () => active++ });
  flows.offer(client(1), silent);
  await flows.settled();
  runner.listings["list set ip udp_director active"] = ONE;
  runner.listings["reset counters table ip udp_director"] =
    '{"counter": {"family": "ip", "name": "to_backend", "handle": 3, "packets": 10, "bytes": 380}}';
  const { toBackend, toClient } = await flows.poll();
  assert.equal(active, 1);
  assert.deepEqual(toBackend, { packets: 10, bytes: 100 });
  assert.deepEqual(toClient, { packets: 0, bytes: 0 });
});

test("a found flow keeps its numbers and source, tells its owner once it has one, and ends like others", async () => {
  const runner = kernel();
  const { flows } = flowsOn(runner, 2);
  const found = { ...FLOW, mark: 256, zone: 7, family: "ip", handedOver: true } as const;
  const flow = flows.adopt(found);
  assert.deepEqual([flow.stage, flow.mark, flow.zone, flows.size], ["direct", 256, 7, 1]);
  assert.equal(flows.offer(FLOW, silent), undefined, "its source is in use");
  const other = flows.offer(client(1), silent);
  assert.equal(other?.mark, 512, "its mark is in use");
  assert.equal(flows.offer(client(2), silent), undefined, "it counts");
  await flows.settled();
  runner.listings["list set ip udp_director active"] = ONE;
  await flows.poll();
  let active = 0;
  flows.claim(flow, { ...silent, passed: () => active++ });
  await flows.poll();
  assert.equal(active, 1);
  await flows.withdraw(flow);
  assert.deepEqual([flow.stage, flows.size], ["withdrawn", 1]);
  assert.ok(runner.ran.some((command) => command.endsWith("sources { 256 }")));
  assert.ok(flows.offer(FLOW, silent), "its source is free");
});

test("a found flow whose answers still come to a socket is not handed over before it is offered", async () => {
  const runner = kernel();
  const { flows } = flowsOn(runner);
  const flow = flows.adopt({ ...FLOW, mark: 256, zone: 7, family: "ip", handedOver: false });
  assert.equal(flows.waiting, false);
  runner.listings[FRESH] = ONE;
  await flows.handOver();
  await flows.settled();
  assert.deepEqual([flow.stage, runner.ran], ["oneWay", []]);
  await flows.withdraw(flow);
  assert.match(runner.ran[0] ?? "", /flows \{ 192\.0\.2\.1 \. 4000 \. 7777 \}$/);
});
