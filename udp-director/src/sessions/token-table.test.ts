import assert from "node:assert/strict";
import { test } from "node:test";
import { target } from "./testing.ts";
import { TokenTable } from "./token-table.ts";

test("a token is valid until its life ends, exactly, swept or not", () => {
  const table = new TokenTable(30, 10);
  table.issue(0, "a", target("10.0.0.1"));
  assert.equal(table.find(29, "a")?.address, "10.0.0.1");
  assert.equal(table.find(30, "a"), undefined);
  assert.equal(table.size, 1);
  table.expire(30);
  assert.equal(table.size, 0);
});

test("a token issued again lives anew and does not count twice", () => {
  const table = new TokenTable(30, 1);
  assert.equal(table.issue(0, "a", target("10.0.0.1")), true);
  assert.equal(table.issue(20, "a", target("10.0.0.2")), true);
  assert.equal(table.find(49, "a")?.address, "10.0.0.2");
  assert.equal(table.issue(49, "b", target("10.0.0.1")), false);
});
