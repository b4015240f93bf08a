import assert from "node:assert/strict";
import { test } from "node:test";
import { Sources } from "./sources.ts";

const use = (port: number, address = "10.0.0.9") => ({
  backend: { address, port: 9001 },
  source: { address: "10.0.0.1", port },
});

test("a port is one flow's towards a backend, and free towards others", () => {
  const sources = new Sources({ from: 100, to: 102 }, () => 101);
  assert.equal(sources.next("10.0.0.9", 9001), 101);
  sources.add(use(101));
  assert.ok(sources.has(use(101)));
  assert.equal(sources.next("10.0.0.9", 9001), 102);
  assert.equal(sources.next("10.0.0.8", 9001), 101);
  sources.add(use(102));
  assert.equal(sources.next("10.0.0.9", 9001), 100, "from the first one again");
  sources.delete(use(101));
  assert.equal(sources.next("10.0.0.9", 9001), 101);
});

test("where none is free any of them is tried, and nothing is in use any more when all is cleared", () => {
  const sources = new Sources({ from: 100, to: 100 }, (from, below) => from + below - 101);
  sources.add(use(100));
  assert.equal(sources.next("10.0.0.9", 9001), 100);
  sources.clear();
  assert.equal(sources.has(use(100)), false);
});
