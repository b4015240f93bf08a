import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { LoadBalancing } from "../config/load-balancing.ts";
import { makeTarget } from "../sessions/target.ts";
import type { Extraction } from "./extract.ts";
import { rendezvousOrder } from "./rendezvous.ts";
import type { Resource } from "./resource.ts";
import { strategyOf } from "./strategy.ts";

/** A backend whose address is its name; one whose name begins with `bad` cannot be extracted. */
const backend = (name: string, labels: Record<string, string> = {}): Resource => ({
  metadata: { name, namespace: "games", labels, annotations: {} },
});

function extract({ metadata: { name } }: Resource): Extraction {
  if (name.startsWith("bad")) return { ok: false, error: "Failed to extract address: none" };
  const target = makeTarget(name, [["default", 1]], `game/games/${name}`);
  return { ok: true, target, multiPort: false };
}

/** Name of the backend that is taken, or the error. */
function pick(
  balancing: LoadBalancing,
  backends: readonly Resource[],
  sessions: Readonly<Record<string, number>> = {},
  client?: string,
): string {
  const [first, ...others] = backends;
  assert.ok(first);
  const sessionsOn = ({ address }: { readonly address: string }) => sessions[address] ?? 0;
  const found = strategyOf(balancing)([first, ...others], { extract, sessionsOn, client });
  return found.ok ? found.target.address : found.error;
}

const weighted: LoadBalancing = { type: "weighted", weightLabel: "weight" };
const arithmetic = (overlap = 0): LoadBalancing => ({
  ...{ type: "labelArithmetic", currentLabel: "users", maxLabel: "max", overlap },
});

test("sessions spread in proportion to the weights, to within one", () => {
  const weights = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(weights, fc.integer({ min: 1, max: 60 }), (all, clients) => {
      const backends = all.map((weight, at) => backend(`b${at}`, { weight: `${weight}` }));
      const sessions: Record<string, number> = {};
      for (let i = 0; i < clients; i++) {
        const name = pick(weighted, backends, sessions);
        sessions[name] = (sessions[name] ?? 0) + 1;
      }
      const whole = all.reduce((sum, weight) => sum + weight, 0);
      for (const [at, weight] of all.entries()) {
        const share = (clients * weight) / whole;
        // The quota rule of this method (D'Hondt): never below the share rounded down.
        assert.ok((sessions[`b${at}`] ?? 0) >= Math.floor(share), `${all} ${clients}`);
      }
    }),
  );
});

test("a weight is 1 where it is missing or wrong; 0 gets no session; annotations do as well", () => {
  const noted = {
    metadata: { name: "n", namespace: "games", labels: {}, annotations: { weight: "3" } },
  };
  const all = [backend("zero", { weight: "0" }), backend("wrong", { weight: "-2" }), noted];
  assert.equal(pick(weighted, all), "n");
  assert.equal(pick(weighted, all, { n: 3 }), "wrong");
  assert.equal(pick(weighted, [backend("zero", { weight: "0" })]), "No matching resources found");
});

test("label arithmetic is the plain sum: most room, then lowest current, then the first", () => {
  const label = fc.option(fc.oneof(fc.integer({ min: 0, max: 9 }).map(String), fc.constant("x")));
  const one = fc.record({ users: label, max: label, sessions: fc.integer({ min: 0, max: 4 }) });
  const overlaps = fc.integer({ min: 0, max: 3 });
  fc.assert(
    fc.property(fc.array(one, { minLength: 1, maxLength: 6 }), overlaps, (all, overlap) => {
      const backends = all.map(({ users, max }, at) => {
        const labels = { ...(users === null ? {} : { users }), ...(max === null ? {} : { max }) };
        return backend(`b${at}`, labels);
      });
      const sessions = Object.fromEntries(all.map((each, at) => [`b${at}`, each.sessions]));
      const model = all
        .map(({ users, max, sessions: own }, at) => {
          const current = users === null || users === "x" ? 0 : Number(users);
          const room = max === null || max === "x" ? 0 : Number(max) - current - own - overlap;
          return { name: `b${at}`, current, room, at };
        })
        .filter(({ room }) => room > 0)
        .sort((a, b) => b.room - a.room || a.current - b.current || a.at - b.at);
      const expected = model[0]?.name ?? "No matching resources found";
      assert.equal(pick(arithmetic(overlap), backends, sessions), expected);
    }),
  );
});

test("a backend that cannot be extracted is passed over, and its error told when all are", () => {
  const room = { max: "9", weight: "9" };
  for (const balancing of [weighted, arithmetic(), "consistentHash", "leastSessions"] as const) {
    assert.equal(pick(balancing, [backend("bad", room), backend("b", room)], {}, "1.1.1.1"), "b");
    assert.match(pick(balancing, [backend("bad", room)], {}, "1.1.1.1"), /^Failed to extract/);
  }
});

const address = fc.ipV4();
const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 8 }), {
  ...{ minLength: 2, maxLength: 12 },
});

test("consistent hash: when a backend goes, only its own clients move", () => {
  fc.assert(
    fc.property(names, fc.array(address, { maxLength: 30 }), (all, clients) => {
      const backends = all.filter((name) => !name.startsWith("bad")).map((name) => backend(name));
      const [gone, ...rest] = backends;
      if (gone === undefined || rest.length === 0) return;
      for (const client of clients) {
        const before = pick("consistentHash", backends, {}, client);
        const after = pick("consistentHash", rest, {}, client);
        if (before !== gone.metadata.name) assert.equal(after, before);
        const shuffled = [...backends].reverse();
        assert.equal(pick("consistentHash", shuffled, {}, client), before);
      }
    }),
  );
});

test("consistent hash gives neighbouring addresses to all backends alike", () => {
  const all = ["a-1", "a-2", "a-3", "a-4", "a-5"];
  const counts = new Map<string, number>();
  for (let i = 0; i < 10_000; i++) {
    const [first = ""] = rendezvousOrder(`10.0.${i >> 8}.${i & 255}`, all);
    counts.set(first, (counts.get(first) ?? 0) + 1);
  }
  for (const name of all) {
    const share = (counts.get(name) ?? 0) / 10_000;
    assert.ok(share > 0.17 && share < 0.23, `${name}: ${share}`);
  }
});

test("consistent hash without a client takes the one with the fewest sessions", () => {
  assert.equal(pick("consistentHash", [backend("a"), backend("b")], { a: 1 }), "b");
});
