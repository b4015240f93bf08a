import assert from "node:assert/strict";
import { test } from "node:test";
import type { LoadBalancing } from "../config/load-balancing.ts";
import type { ResourceQuery } from "../protocol/request.ts";
import type { Resource } from "../selection/resource.ts";
import { Selector } from "../selection/selector.ts";
import { bytes, GAME, makeTable, tokenNumber } from "../sessions/testing.ts";
import { Backends, DRAIN_KEY, isDraining, parseBackendName } from "./backends.ts";
import { MAX_MOVES, Rehome } from "./rehome.ts";
import { MAX_REMEMBERED_CHARACTERS, Remembered } from "./remember.ts";

const resource = (name: string, octet: number, labels: Record<string, string> = {}): Resource => ({
  metadata: { name, namespace: "ns", labels: { map: "de", ...labels }, annotations: {} },
  status: { address: `10.0.0.${octet}`, port: 5000 },
});
const query: ResourceQuery = {
  resourceType: "game",
  namespace: "ns",
  labels: [["map", "de"]],
  annotations: [],
  status: undefined,
};
const mapping = {
  group: "",
  version: "v1",
  resource: "pods",
  addressPath: "status.address",
  portPath: "status.port",
};

/** A table over a list of backends that the test changes. */
function setting(
  resources: Resource[],
  maxSessions = 10,
  maxTokens = 10,
  loadBalancing: LoadBalancing = "leastSessions",
) {
  const list = { resources };
  const source = {
    list: (type: string, namespace: string) =>
      type === "game" && namespace === "ns" ? list.resources : [],
  };
  const { table, recorder } = makeTable({
    maxSessions,
    maxTokens,
    tokenTtlMs: 1e9,
    sessionTimeoutMs: 1e6,
  });
  const config = {
    resourceQueryMapping: { game: mapping },
    loadBalancing,
    dataPorts: [{ port: 1, protocol: "udp", name: "game" }],
  } as unknown as ConstructorParameters<typeof Selector>[0];
  const backends = new Backends(
    source,
    (over, strategy) =>
      new Selector(
        strategy === "configured" ? config : { ...config, loadBalancing: "firstMatch" },
        over,
        (target) => table.sessionsOn(target.key),
      ),
  );
  const rehome = new Rehome({ goneMs: 3000 }, table, backends);
  const open = (port: number, asked: ResourceQuery = query) => {
    const selected = backends.select(asked, () => false);
    assert.ok(selected.ok);
    table.issueToken(0, tokenNumber(port), selected.target);
    table.onDatagram(0, GAME, "192.0.2.1", port, bytes(tokenNumber(port)));
    recorder.take();
  };
  const where = () => [...table.sessions()].map((session) => session.target.resource.split("/")[2]);
  const causes = () => recorder.take().filter((line) => line.startsWith("retargeted"));
  return { list, table, backends, rehome, open, where, causes };
}

test("sessions leave a backend that stays away, each to what its own query gives", () => {
  const { list, rehome, open, where, causes } = setting([resource("a", 1)]);
  open(1);
  open(2);
  list.resources = [resource("b", 2), resource("c", 3), resource("x", 4, { map: "fr" })];
  assert.equal(rehome.check(10_000), 0);
  assert.equal(rehome.check(12_999), 0);
  assert.equal(rehome.check(13_000), 2);
  assert.deepEqual(where(), ["b", "c"]);
  assert.deepEqual(causes(), ["retargeted gone", "retargeted gone"]);
  assert.equal(rehome.check(20_000), 0);
});

test("a backend that is back in time keeps its sessions, and its time starts anew", () => {
  const { list, rehome, open, where } = setting([resource("a", 1)]);
  open(1);
  const all = list.resources;
  list.resources = [resource("b", 2)];
  rehome.check(0);
  list.resources = [...all, resource("b", 2)];
  rehome.check(2999);
  list.resources = [resource("b", 2)];
  assert.equal(rehome.check(3000), 0);
  assert.equal(rehome.check(5999), 0);
  assert.deepEqual(where(), ["a"]);
  assert.equal(rehome.check(6000), 1);
});

test("a backend that is back at another address takes its sessions with it", () => {
  const { list, rehome, open, table } = setting([resource("a", 1)]);
  open(1);
  list.resources = [resource("a", 9)];
  rehome.check(0);
  assert.equal(rehome.check(3000), 1);
  assert.equal([...table.sessions()][0]?.target.address, "10.0.0.9");
});

test("a draining backend loses its sessions at once and gets none", () => {
  const { list, rehome, open, where, causes, backends } = setting([resource("a", 1)]);
  open(1);
  list.resources = [resource("a", 1, { [DRAIN_KEY]: "true" })];
  assert.equal(backends.select(query, () => false).ok, false);
  assert.equal(rehome.check(0), 0);
  assert.equal(rehome.stranded, 1);
  list.resources = [...list.resources, resource("b", 2)];
  assert.equal(rehome.check(0), 1);
  assert.equal(rehome.stranded, 0);
  assert.deepEqual(where(), ["b"]);
  assert.deepEqual(causes(), ["retargeted drain"]);
});

test("without a sibling, or without a query, a session stays where it is", () => {
  const { list, rehome, open, table, where } = setting([resource("a", 1, { only: "a" })]);
  open(1, { ...query, labels: [["only", "a"]] });
  const [session] = table.sessions();
  assert.ok(session);
  const { query: _, ...forgotten } = session.target;
  table.issueToken(0, tokenNumber(2), forgotten);
  table.onDatagram(0, GAME, "192.0.2.1", 2, bytes(tokenNumber(2)));
  list.resources = [resource("b", 2)];
  rehome.check(0);
  assert.equal(rehome.check(5000), 0);
  assert.equal(rehome.stranded, 2);
  assert.deepEqual(where(), ["a", "a"]);
});

test("a backend that is full is not a backend that is gone", () => {
  const full = { currentLabel: "now", maxLabel: "max", overlap: 0 };
  const room = resource("a", 1, { now: "0", max: "2" });
  const balancing: LoadBalancing = { type: "labelArithmetic", ...full };
  const { list, rehome, open, where, backends } = setting([room], 10, 10, balancing);
  open(1);
  open(2);
  assert.equal(backends.select(query, () => false).ok, false);
  list.resources = [room, resource("b", 2, { now: "0", max: "9" })];
  rehome.check(0);
  assert.equal(rehome.check(10_000), 0);
  assert.deepEqual(where(), ["a", "a"]);
});

test("re-homing is no activity: a session that nobody uses still ends", () => {
  const { list, rehome, open, table } = setting([resource("a", 1)]);
  open(1);
  list.resources = [resource("b", 2)];
  rehome.check(900_000);
  assert.equal(rehome.check(999_000), 1);
  table.tick(1_000_000);
  assert.equal(table.size, 0);
});

test("a check moves a bounded number of sessions; the next ones follow", () => {
  const count = MAX_MOVES + 5;
  const { list, rehome, open } = setting([resource("a", 1)], count, count);
  for (let n = 1; n <= count; n++) open(n);
  list.resources = [resource("b", 2)];
  rehome.check(0);
  assert.equal(rehome.check(3000), MAX_MOVES);
  assert.equal(rehome.check(3100), 5);
});

test("names, drain marks and the size of remembered queries", () => {
  assert.deepEqual(parseBackendName("game/ns/a"), {
    resourceType: "game",
    namespace: "ns",
    name: "a",
  });
  for (const text of ["", "a/b", "a//c", "a/b/c/d"])
    assert.equal(parseBackendName(text), undefined);
  const plain = resource("a", 1);
  assert.equal(isDraining(plain), false);
  const deleted = { ...plain.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" };
  assert.equal(isDraining({ ...plain, metadata: deleted }), true);
  const annotations = { [DRAIN_KEY]: "true" };
  assert.equal(isDraining({ ...plain, metadata: { ...plain.metadata, annotations } }), true);
  const selected = setting([plain]).backends.select(query, () => false);
  const long = { ...query, labels: [["map", "x".repeat(MAX_REMEMBERED_CHARACTERS)] as const] };
  assert.ok(selected.ok);
  const { query: _, ...bare } = selected.target;
  const remembered = new Remembered();
  const kept = remembered.of({ ...selected, target: bare }, long);
  assert.ok(kept.ok && kept.target.query === undefined);
  const short = remembered.of({ ...selected, target: bare }, query);
  assert.ok(short.ok && short.target.query === query);
});
