import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResourceMapping } from "../config/schema.ts";
import type { ResourceQuery, StatusQuery } from "../protocol/request.ts";
import { type Extraction, extractTarget } from "./extract.ts";
import { matches } from "./match.ts";
import type { Resource } from "./resource.ts";
import { Selector } from "./selector.ts";

const game: Resource = {
  metadata: {
    name: "g1",
    namespace: "games",
    labels: { map: "de", "agones.dev/fleet": "f" },
    annotations: { tier: "1" },
  },
  status: {
    state: "Allocated",
    players: 3,
    full: false,
    address: "10.0.0.1",
    addresses: [
      { type: "Hostname", address: "node-1" },
      { type: "PodIP", address: "2001:db8::7" },
    ],
    ports: [
      { name: "default", port: 7001 },
      { name: "voice", port: 7002 },
    ],
  },
  spec: {
    containers: [
      { ports: [{ name: "side", containerPort: 1 }] },
      { ports: [{ name: "main", containerPort: 8 }] },
    ],
  },
};

const query = (extra: Partial<ResourceQuery> = {}): ResourceQuery => ({
  resourceType: "game",
  namespace: "games",
  labels: [],
  annotations: [],
  status: undefined,
  ...extra,
});
const status = (path: (string | number)[], ...expectedValues: string[]) =>
  query({ status: { path, expectedValues } });

test("labels and annotations must all be present and equal", () => {
  assert.equal(matches(game, query()), true);
  assert.equal(
    matches(
      game,
      query({
        labels: [
          ["map", "de"],
          ["agones.dev/fleet", "f"],
        ],
      }),
    ),
    true,
  );
  assert.equal(
    matches(
      game,
      query({
        labels: [
          ["map", "de"],
          ["other", "x"],
        ],
      }),
    ),
    false,
  );
  assert.equal(matches(game, query({ labels: [["map", "DE"]] })), false);
  assert.equal(matches(game, query({ labels: [["toString", "x"]] })), false);
  assert.equal(matches(game, query({ annotations: [["tier", "1"]] })), true);
  assert.equal(matches(game, query({ annotations: [["tier", "2"]] })), false);
});

test("status values are compared as text; any expected value matches", () => {
  assert.equal(matches(game, status(["status", "state"], "Ready", "Allocated")), true);
  assert.equal(matches(game, status(["status", "players"], "3")), true);
  assert.equal(matches(game, status(["status", "full"], "false")), true);
  assert.equal(matches(game, status(["status", "ports", 1, "name"], "voice")), true);
  assert.equal(matches(game, status(["status", "state"], "Ready")), false);
  assert.equal(matches(game, status(["status", "ports"], "[object Object]")), false);
  assert.equal(matches(game, status(["status", "missing"], "undefined")), false);
});

test("of several values at a path one has to meet the whole condition", () => {
  const ports = (condition: Omit<StatusQuery, "path">) =>
    matches(game, query({ status: { path: "$.status.ports[*].port", ...condition } }));
  assert.equal(ports({ expectedValues: ["7002"] }), true);
  assert.equal(ports({ expectedValues: ["7002"], range: { below: 7002 } }), false);
  assert.equal(ports({ expectedValues: [], range: { above: 7001 } }), true);
});

const base = { group: "", version: "v1", resource: "x" };
const extract = (mapping: Partial<ResourceMapping>, resource = game): Extraction =>
  extractTarget(resource, { ...base, ...mapping }, "game", ["first", "second"]);
const targetOf = (extraction: Extraction) => {
  assert.ok(extraction.ok, JSON.stringify(extraction));
  const { address, ports, resource } = extraction.target;
  return { address, ports: Object.fromEntries(ports), resource };
};

test("one port serves every data port; its name is looked up in status, then in containers", () => {
  assert.deepEqual(targetOf(extract({ addressPath: "status.address", portName: "default" })), {
    address: "10.0.0.1",
    ports: { first: 7001, second: 7001 },
    resource: "game/games/g1",
  });
  const main = targetOf(extract({ addressPath: "status.address", portName: "main" }));
  assert.equal(main.ports.first, 8);
  const byPath = targetOf(
    extract({ addressPath: "status.address", portPath: "status.ports[1].port" }),
  );
  assert.equal(byPath.ports.second, 7002);
});

test("an address type picks from a list of addresses", () => {
  const mapping = { addressPath: "status.addresses", portName: "default" };
  assert.equal(targetOf(extract({ ...mapping, addressType: "PodIP" })).address, "2001:db8::7");
});

test("several ports are joined to data ports by name", () => {
  const ports = [
    { name: "first", portName: "default" },
    { name: "second", portPath: "status.ports[1].port" },
  ];
  const extraction = extract({ addressPath: "status.address", ports });
  assert.deepEqual(targetOf(extraction).ports, { first: 7001, second: 7002 });
  assert.ok(extraction.ok && extraction.multiPort);
});

test("what cannot be extracted is told with the published texts", () => {
  const error = (mapping: Partial<ResourceMapping>) => {
    const extraction = extract(mapping);
    return extraction.ok ? undefined : extraction.error;
  };
  const at = { addressPath: "status.address" };
  assert.equal(
    error({ addressPath: "status.podIP", portName: "default" }),
    "Failed to extract address: no IP address at status.podIP",
  );
  assert.equal(
    error({ addressPath: "status.addresses", addressType: "ExternalIP", portName: "default" }),
    "Failed to extract address: no entry of type ExternalIP at status.addresses",
  );
  assert.equal(
    error({ addressPath: "status.addresses", addressType: "Hostname", portName: "default" }),
    "Failed to extract address: no IP address at status.addresses",
  );
  assert.equal(error({ ...at, portName: "x" }), "Failed to extract port: no port named x");
  assert.equal(
    error({ ...at, portPath: "status.state" }),
    "Failed to extract port: no port at status.state",
  );
  assert.equal(
    error({ ...at, ports: [{ name: "first", portName: "x" }] }),
    "Failed to extract ports: first: no port named x",
  );
});

/** A selector over resources `a`, `b`, ... with the given sessions each. */
function selectorOver(
  loadBalancing: "firstMatch" | "leastSessions",
  sessions: Record<string, number>,
) {
  const resources = Object.keys(sessions).map(
    (address): Resource => ({
      metadata: { name: address, namespace: "games", labels: {}, annotations: {} },
      status: address.startsWith("bad") ? {} : { address, ports: [{ name: "p", port: 1 }] },
    }),
  );
  return new Selector(
    {
      resourceQueryMapping: { game: { ...base, addressPath: "status.address", portName: "p" } },
      loadBalancing,
      dataPorts: [{ port: 1, protocol: "udp", name: "first" }],
    },
    { list: (type, namespace) => (type === "game" && namespace === "games" ? resources : []) },
    (target) => sessions[target.address] ?? 0,
  );
}

test("a backend that is chosen again has the target that it had", () => {
  const selector = selectorOver("leastSessions", { "10.0.0.1": 0 });
  const [once, again] = [selector.select(query()), selector.select(query())];
  assert.ok(once.ok && again.ok);
  assert.equal(again.target, once.target);
});

test("first match takes discovery's first, even if it cannot be extracted", () => {
  const first = selectorOver("firstMatch", { "10.0.0.2": 9, "10.0.0.1": 0 }).select(query());
  assert.equal(targetOf(first).address, "10.0.0.2");
  const bad = selectorOver("firstMatch", { bad: 0, "10.0.0.1": 0 }).select(query());
  assert.equal(bad.ok, false);
});

test("least sessions takes the emptiest that can be extracted, the earlier of equals", () => {
  const pick = (sessions: Record<string, number>) =>
    selectorOver("leastSessions", sessions).select(query());
  assert.equal(targetOf(pick({ "10.0.0.1": 2, "10.0.0.2": 1, "10.0.0.3": 1 })).address, "10.0.0.2");
  assert.equal(targetOf(pick({ bad: 0, "10.0.0.2": 5 })).address, "10.0.0.2");
  const none = pick({ bad: 0 });
  assert.ok(!none.ok && none.error.startsWith("Failed to extract address"));
});

test("an unknown type and an empty result have their published texts", () => {
  const selector = selectorOver("firstMatch", { "10.0.0.1": 0 });
  const error = (wanted: ResourceQuery) => {
    const extraction = selector.select(wanted);
    return extraction.ok ? undefined : extraction.error;
  };
  assert.equal(error(query({ resourceType: "toString" })), "Unknown resource type: toString");
  assert.equal(error(query({ namespace: "other" })), "No matching resources found");
  assert.equal(error(query({ labels: [["a", "b"]] })), "No matching resources found");
});
