import assert from "node:assert/strict";
import { test } from "node:test";
import { Readiness } from "./readiness.ts";

test("sockets and discovery come first, and a drain takes readiness away", () => {
  const discovery = { ready: false };
  const readiness = new Readiness(discovery);
  assert.deepEqual(readiness.blockers(), ["sockets", "discovery"]);
  readiness.bound();
  discovery.ready = true;
  assert.deepEqual(readiness.blockers(), []);
  readiness.drain();
  assert.deepEqual(readiness.blockers(), ["draining"]);
});

test("a store has to be reached once, and takes no readiness when it is away later", async () => {
  const store = { available: false };
  const readiness = new Readiness({ ready: true }, store);
  readiness.bound();
  let reached = false;
  void readiness.storeReached.then(() => {
    reached = true;
  });
  assert.deepEqual(readiness.blockers(), ["store"]);
  await Promise.resolve();
  assert.equal(reached, false);
  store.available = true;
  readiness.look();
  await readiness.storeReached;
  store.available = false;
  assert.deepEqual(readiness.blockers(), []);
});
