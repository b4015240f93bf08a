import assert from "node:assert/strict";
import { test } from "node:test";
import { sideBySide, TIERS, tierOf } from "./tiers.ts";

test("a test file's name tells its tier", () => {
  assert.equal(tierOf("components/a/b.test.ts")?.name, "unit");
  assert.equal(tierOf("simulation/debug.engine.test.ts")?.name, "engine");
  assert.equal(tierOf("b.socket.test.ts")?.name, "socket");
});

test("a name that fits no tier fits none, so that the run can fail on it", () => {
  assert.equal(tierOf("a/b.slow.test.ts"), undefined);
  assert.equal(tierOf("a/b.socket.slow.test.ts"), undefined);
});

test("no two tiers share a suffix or a name", () => {
  assert.equal(new Set(TIERS.map(({ suffix }) => suffix)).size, TIERS.length);
  assert.equal(new Set(TIERS.map(({ name }) => name)).size, TIERS.length);
});

test("a tier that waits runs beside the one that it names, and by itself where that is not asked for", () => {
  const names = (asked: readonly string[]) =>
    sideBySide(TIERS.filter(({ name }) => asked.includes(name))).map((group) =>
      group.map(({ name }) => name),
    );
  assert.deepEqual(names(["unit", "engine", "cluster"]), [["unit"], ["engine", "cluster"]]);
  assert.deepEqual(names(["unit", "cluster"]), [["unit"], ["cluster"]]);
  const all = sideBySide(TIERS).flat();
  assert.deepEqual(new Set(all), new Set(TIERS));
  assert.equal(all.length, TIERS.length);
});
