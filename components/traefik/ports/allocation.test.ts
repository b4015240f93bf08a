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

test("in whatever order several come, nearly all get the same ports", () => {
  const pool = { from: 11_000, to: 11_099, reserved: [11_003] };
  const owners = ["dns", "audio", "voice", "game"].map((name) => `urn:pulumi:s::p::t::${name}`);
  const given = (order: readonly string[]) => {
    let table = EMPTY;
    return new Map(
      order.map((owner) => {
        const found = allocate(table, { ...pool, owner }, 0);
        assert.ok("port" in found && found.port !== 11_003);
        table = found.table;
        return [owner, found.port];
      }),
    );
  };
  assert.deepEqual(given([...owners].reverse()), new Map([...given(owners)].reverse()));
  // Two names lead to one port now and then; only these two may then change places.
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { minLength: 2, maxLength: 4 }), (names) => {
      const one = given(names);
      const two = given([...names].reverse());
      const alone = names.map((owner) => given([owner]).get(owner));
      if (new Set(alone).size === names.length) {
        assert.ok(names.every((owner) => one.get(owner) === two.get(owner)));
      }
    }),
  );
});

test("a reserved port is for who asks for it", () => {
  const pool = { from: 11_003, to: 11_003, reserved: [11_003] };
  const nobody = allocate(EMPTY, { ...pool, owner: "a" }, 0);
  assert.ok("refused" in nobody && /reserved/.test(nobody.refused));
  const asked = allocate(EMPTY, { ...pool, owner: "a", port: 11_003 }, 0);
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
  const first = allocate(EMPTY, { ...POOL, owner: "a", port: 11_000 }, 0);
  assert.ok("port" in first);
  const given = { port: 11_000, owner: "b", quarantineSeconds: 0 };
  assert.equal(release(first.table, given, 1), first.table);
  assert.equal(release(EMPTY, given, 1), EMPTY);
  const taken = allocate(first.table, { ...POOL, owner: "b", port: 11_000 }, 1);
  assert.ok("refused" in taken && /already that of a/.test(taken.refused));
});
