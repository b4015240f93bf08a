import assert from "node:assert/strict";
import { test } from "node:test";
import { SharedTargets } from "./shared-targets.ts";
import { makeTarget } from "./target.ts";

const query = (map: string) => ({
  resourceType: "game",
  namespace: "games",
  labels: [["map", map]] as const,
  annotations: [],
  status: undefined,
});
const arena = (map?: string) => {
  const target = makeTarget("10.0.0.1", [["game", 7000]], "game/games/arena");
  return map === undefined ? target : { ...target, query: query(map) };
};

test("equal targets become one, and others stay what they are", () => {
  const targets = new SharedTargets();
  const first = targets.add(arena("de"));
  assert.equal(targets.add(arena("de")), first);
  assert.equal(targets.add(first), first);
  for (const other of [
    arena(),
    arena("us"),
    makeTarget("10.0.0.1", [["game", 7000]], "game/games/other"),
    makeTarget("10.0.0.1", [["game", 7000]], "game/games/arena", "first"),
  ]) {
    assert.equal(targets.add(other), other);
  }
});

test("sessions are counted by backend, whatever was asked for", () => {
  const targets = new SharedTargets();
  const [de, us] = [targets.add(arena("de")), targets.add(arena("us"))];
  const { key } = de;
  targets.add(arena("de"));
  assert.equal(targets.countOn(key), 3);
  targets.remove(us);
  targets.remove(de);
  assert.equal(targets.countOn(key), 1);
  targets.remove(de);
  assert.equal(targets.countOn(key), 0);
});

test("a target is let go of with its last session", () => {
  const targets = new SharedTargets();
  const first = targets.add(arena("de"));
  targets.add(arena("de"));
  targets.remove(first);
  assert.equal(targets.add(arena("de")), first);
  targets.remove(first);
  targets.remove(first);
  const again = arena("de");
  assert.equal(targets.add(again), again);
});
