import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Change, handedOver, MARK_STEP, type MarkedFlow, offered, withdrawn } from "./flow.ts";
import { Found, type FoundTable, foundTable } from "./found.ts";
import { type Family, type RulesetOptions, ruleset, STAMP, stampOf } from "./ruleset.ts";

/** A table that takes changes, and lists itself as nft 1.0.6 does. */
class Table {
  readonly #family: Family;
  readonly #maps = new Map<string, Map<string, string>>();

  constructor(family: Family) {
    this.#family = family;
  }

  apply(changes: readonly Change[]): void {
    for (const { verb, set, element } of changes) {
      const map = this.#maps.get(set) ?? new Map<string, string>();
      this.#maps.set(set, map);
      const [key = "", value = ""] = element.split(" : ");
      if (verb === "add") map.set(key, value);
      else map.delete(key);
    }
  }

  list(stamp = `${STAMP}0`): string {
    const place = { family: this.#family, table: "udp_director" };
    const part = (text: string) => (/^\d+$/.test(text) ? Number(text) : text);
    const side = (text: string) => {
      const parts = text.split(" . ").map(part);
      return parts.length === 1 ? parts[0] : { concat: parts };
    };
    const maps = [...this.#maps].map(([name, elements]) => {
      const elem = [...elements].map(([key, value]) => [side(key), side(value)]);
      return { map: { ...place, name, handle: 1, size: 9, ...(elem.length > 0 && { elem }) } };
    });
    const chains = [stamp, "incoming"].map((name) => ({ chain: { ...place, name, handle: 2 } }));
    const counter = { ...place, name: "to_client", handle: 3, packets: 3, bytes: 99 };
    const first = [{ metainfo: { version: "1.0.6" } }, { table: place }, { counter }];
    const all = [...first, ...maps, ...chains];
    return JSON.stringify({ nftables: all });
  }
}

const port = fc.integer({ min: 1, max: 65_535 });
const byFamily = { ip: fc.ipV4(), ip6: fc.ipV6() };
const flowOf = (family: Family) => {
  const socket = fc.tuple(byFamily[family], port).map(([address, port]) => ({ address, port }));
  return fc
    .tuple(socket, socket, byFamily[family], fc.integer({ min: 1, max: 999 }), port)
    .map(([client, backend, address, dataPort, zone]) => ({
      // As in a director's configuration, data ports are apart from sources.
      ...{ client, backend, source: { address, port: 1000 }, dataPort, zone },
    }))
    .chain((flow) =>
      fc.tuple(fc.boolean(), fc.boolean()).map(([handed, back]) => ({ flow, handed, back })),
    );
};
type Made = { flow: Omit<MarkedFlow, "mark">; handed: boolean; back: boolean };
const tables = fc.constantFrom<Family>("ip", "ip6").chain((family) =>
  fc.record({
    family: fc.constant(family),
    made: fc.uniqueArray<Made, string>(flowOf(family), {
      // One flow a client and data port, one a backend and source.
      comparator: (a, b) => a === b,
      selector: ({ flow }) => JSON.stringify([flow.client, flow.dataPort]),
      maxLength: 20,
    }),
  }),
);

test("what is offered, handed over and withdrawn is found again as it is", () => {
  fc.assert(
    fc.property(tables, ({ family, made }) => {
      const table = new Table(family);
      const left: unknown[] = [];
      for (const [index, { flow, handed, back }] of made.entries()) {
        const source = { ...flow.source, port: 1000 + index };
        const marked = { ...flow, source, mark: (index + 1) * MARK_STEP };
        table.apply(offered(family, marked));
        if (handed) table.apply(handedOver(family, marked));
        if (back) table.apply(withdrawn(family, marked, handed));
        else left.push({ ...marked, family, handedOver: handed });
      }
      const found = foundTable(family, table.list());
      assert.deepEqual(found, { family, stamp: `${STAMP}0`, flows: left, strays: 0 });
    }),
  );
});

const FLOW: MarkedFlow = {
  client: { address: "192.0.2.1", port: 4000 },
  dataPort: 7777,
  backend: { address: "10.0.0.9", port: 9001 },
  source: { address: "10.0.0.1", port: 30_000 },
  mark: 70_144,
  zone: 4466,
};

test("elements that are of no whole flow are counted, and no flow is made of them", () => {
  for (const missing of [0, 1, 2, 3]) {
    const table = new Table("ip");
    table.apply(offered("ip", FLOW).filter((_, index) => index !== missing));
    const { flows, strays } = foundTable("ip", table.list());
    assert.deepEqual([flows, strays], [[], 3]);
  }
  const table = new Table("ip");
  table.apply(offered("ip", FLOW));
  table.apply(handedOver("ip", { ...FLOW, zone: 1 }));
  assert.equal(foundTable("ip", table.list()).strays, 1, "answers of another zone");
});

test("what is no listing is a table without rules", () => {
  for (const text of ["", "{", "null", '{"nftables": 1}', '{"nftables": [null, 1]}']) {
    const nothing = { family: "ip", stamp: undefined, flows: [], strays: 0 };
    assert.deepEqual(foundTable("ip", text), nothing);
  }
});

const OPTIONS: RulesetOptions = {
  listen: ["0.0.0.0", "::"],
  ports: [7777],
  sourcePorts: { from: 20_000, to: 60_999 },
  magic: Buffer.from("ffffffff", "hex"),
  idleSeconds: 300,
  activeSeconds: 10,
  maxFlows: 1000,
  maxBans: 1000,
};

test("tables are gone on with where both are there, of equal rules, and hold whole flows", () => {
  const stamps = { ip: `${STAMP}4`, ip6: `${STAMP}6` };
  const ip: FoundTable = { family: "ip", stamp: stamps.ip, flows: [], strays: 0 };
  const ip6: FoundTable = { family: "ip6", stamp: stamps.ip6, flows: [], strays: 0 };
  const why = (...found: FoundTable[]) => new Found(found).unusable(stamps);
  assert.equal(why(ip, ip6), undefined);
  assert.match(why(ip) ?? "", /none for ip6/);
  assert.match(why(ip, { ...ip6, stamp: `${STAMP}5` }) ?? "", /other settings/);
  assert.match(why({ ...ip, stamp: undefined }, ip6) ?? "", /other settings/);
  assert.match(why(ip, { ...ip6, strays: 2 }) ?? "", /^2 elements/);
});

test("a stamp is equal for equal rules, and in them; each setting changes it", () => {
  const stamp = stampOf("ip", OPTIONS);
  assert.ok(ruleset("ip", OPTIONS).includes(`chain ${stamp} { }`));
  assert.equal(stampOf("ip", { ...OPTIONS, listen: ["::", "0.0.0.0"] }), stamp);
  const limit = { packetsPerSecond: 9, burst: 9, exempt: [], maxSources: 9 };
  const others: Partial<RulesetOptions>[] = [
    { listen: ["10.0.0.1"] },
    { ports: [7777, 7778] },
    { sourcePorts: { from: 20_000, to: 60_998 } },
    { magic: Buffer.from("fffffffe", "hex") },
    { idleSeconds: 301 },
    { activeSeconds: 9 },
    { maxFlows: 1001 },
    { maxBans: 1001 },
    { limit },
  ];
  const all = others.map((other) => stampOf("ip", { ...OPTIONS, ...other }));
  assert.equal(new Set([stamp, ...all]).size, others.length + 1);
});

test("a client has a flow by its address and port", () => {
  const flow = { ...FLOW, family: "ip", handedOver: true } as const;
  const found = new Found([{ family: "ip", stamp: undefined, flows: [flow], strays: 0 }]);
  assert.ok(found.hasClient("192.0.2.1", 4000));
  assert.equal(found.hasClient("192.0.2.1", 4001), false);
});
