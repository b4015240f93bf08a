import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { allocate, type PortTable, release } from "./allocation.ts";

const POOL = { from: 11_000, to: 11_009, reserved: [11_003] };
const EMPTY: PortTable = new Map();

/** Runs requests one after another, and tells what each owner has. */
type Step =
  | { readonly do: "take"; readonly owner: string; readonly port?: number }
  | { readonly do: "give"; readonly owner: string }
  | { readonly do: "wait"; readonly seconds: number };

const owner = fc.constantFrom(..."abcdefghijklmn");
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("take" as const), owner }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("take" as const),
      owner,
      port: fc.integer({ min: 10_999, max: 11_010 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("give" as const), owner }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      seconds: fc.integer({ min: 0, max: 100 }),
    }),
  },
);

test("whatever comes and goes, ports are unique, of the pool, and never move", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      let table = EMPTY;
      let now = 1000;
      const held = new Map<string, number>();
      const freedAt = new Map<number, { owner: string; at: number }>();
      for (const one of steps) {
        if (one.do === "wait") {
          now += one.seconds;
        } else if (one.do === "give") {
          const port = held.get(one.owner);
          if (port !== undefined) {
            table = release(table, { port, owner: one.owner, quarantineSeconds: 50 }, now);
            held.delete(one.owner);
            freedAt.set(port, { owner: one.owner, at: now });
          }
        } else {
          const had = held.get(one.owner);
          if (had !== undefined && one.port !== undefined && one.port !== had) {
            continue; // A second port of one owner is two allocations to the model.
          }
          const found = allocate(table, { ...POOL, ...one }, now);
          if ("refused" in found) {
            const free = (port: number) =>
              ![...held.values()].includes(port) &&
              (freedAt.get(port) === undefined ||
                freedAt.get(port)?.owner === one.owner ||
                (freedAt.get(port)?.at ?? 0) + 50 <= now);
            const all = Array.from({ length: 10 }, (_, n) => 11_000 + n);
            if (one.port === undefined) {
              assert.ok(!all.some((port) => free(port) && !POOL.reserved.includes(port)));
            } else {
              assert.ok(!all.includes(one.port) || !free(one.port));
            }
            continue;
          }
          assert.ok(found.port >= POOL.from && found.port <= POOL.to);
          if (had !== undefined) {
            assert.equal(found.port, had, "asked again, the same");
          } else {
            assert.ok(![...held.values()].includes(found.port), "unique");
            const last = freedAt.get(found.port);
            assert.ok(
              last === undefined || last.owner === one.owner || now - last.at >= 50,
              "rested",
            );
          }
          table = found.table;
          held.set(one.owner, found.port);
          for (const [who, port] of held) {
            assert.equal(table.get(port)?.owner, who, "nobody's port moved");
          }
        }
      }
    }),
    { numRuns: 500 },
  );
});

test("the lowest port that nobody ever used comes first, reserved ones only on request", () => {
  let table = EMPTY;
  const ports = ["a", "b", "c", "d"].map((owner) => {
    const found = allocate(table, { ...POOL, owner }, 0);
    assert.ok("port" in found);
    table = found.table;
    return found.port;
  });
  assert.deepEqual(ports, [11_000, 11_001, 11_002, 11_004]);
  const asked = allocate(table, { ...POOL, owner: "e", port: 11_003 }, 0);
  assert.ok("port" in asked && asked.port === 11_003);
});

test("one that comes back gets its port again, others wait until it has rested", () => {
  const wish = { from: 11_000, to: 11_000, reserved: [] };
  const first = allocate(EMPTY, { ...wish, owner: "a" }, 0);
  assert.ok("port" in first);
  const given = { port: 11_000, owner: "a", quarantineSeconds: 60 };
  const resting = release(first.table, given, 100);
  const early = allocate(resting, { ...wish, owner: "b" }, 159);
  assert.ok("refused" in early && /no port of 11000 to 11000 is free/.test(early.refused));
  const asked = allocate(resting, { ...wish, owner: "b", port: 11_000 }, 159);
  assert.ok("refused" in asked && /resting for 1 seconds more/.test(asked.refused));
  assert.ok("port" in allocate(resting, { ...wish, owner: "a" }, 101));
  assert.ok("port" in allocate(resting, { ...wish, owner: "b" }, 160));
});

test("nobody gives back what is somebody else's", () => {
  const first = allocate(EMPTY, { ...POOL, owner: "a" }, 0);
  assert.ok("port" in first);
  const given = { port: 11_000, owner: "b", quarantineSeconds: 0 };
  assert.equal(release(first.table, given, 1), first.table);
  assert.equal(release(EMPTY, given, 1), EMPTY);
  const taken = allocate(first.table, { ...POOL, owner: "b", port: 11_000 }, 1);
  assert.ok("refused" in taken && /already that of a/.test(taken.refused));
});
