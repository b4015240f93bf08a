import assert from "node:assert/strict";
import { test } from "node:test";
import type { Extraction } from "../selection/extract.ts";
import type { Resource } from "../selection/resource.ts";
import { makeTarget } from "../sessions/target.ts";
import { accepting, DRAIN_KEY } from "./backends.ts";
import { Remembered } from "./remember.ts";

const asked = (map: string) => ({
  ...{ resourceType: "game", namespace: "games", annotations: [], status: undefined },
  labels: [["map", map]] as const,
});
const selected = (name: string): Extraction & { ok: true } => ({
  ...{ ok: true, multiPort: false },
  target: makeTarget("10.0.0.1", [["game", 7000]], `game/games/${name}`),
});

test("who asks the same gets the same target, and who asks something else another one", () => {
  const [a, b] = [selected("a"), selected("b")];
  const remembered = new Remembered();
  const targetOf = (one: typeof a, map: string) => {
    const found = remembered.of(one, asked(map));
    assert.ok(found.ok);
    return found.target;
  };
  const first = targetOf(a, "de");
  assert.deepEqual(first, { ...a.target, query: asked("de") });
  assert.equal(targetOf(a, "de"), first, "although each request brings a query of its own");
  assert.equal(targetOf(b, "de").query, first.query);
  assert.equal(targetOf(b, "de").resource, "game/games/b");
  assert.notEqual(targetOf(a, "us"), first);
  // Clients may think of any number of queries: not all of them are held.
  for (let n = 0; n < 2000; n++) targetOf(a, `${n} ${"x".repeat(1500)}`);
  assert.notEqual(targetOf(a, "de"), first);
  assert.deepEqual(targetOf(a, "de"), first);
});

test("a list is looked through once for backends that take sessions", () => {
  let looks = 0;
  const all = Array.from({ length: 100 }, (_, n): Resource => {
    const labels: Record<string, string> = n === 7 ? { [DRAIN_KEY]: "true" } : {};
    const metadata = { name: `g${n}`, namespace: "games", labels, annotations: {} };
    return {
      get metadata() {
        looks++;
        return metadata;
      },
    };
  });
  let list: readonly Resource[] = all;
  const source = accepting({ list: () => list });
  const first = source.list("game", "games");
  assert.equal(first.length, 99);
  const once = looks;
  assert.equal(source.list("game", "games"), first, "which others index by its identity");
  assert.equal(looks, once);
  list = all.slice(0, 8);
  assert.equal(source.list("game", "games").length, 7, "a change makes another list");
});
