import assert from "node:assert/strict";
import { test } from "node:test";
import { target } from "./testing.ts";
import { TokenTable } from "./token-table.ts";

test("a token is valid until its life ends, exactly, swept or not", () => {
  const table = new TokenTable({ tokenTtlMs: 30, maxTokens: 10 });
  table.issue(0, "a", target("10.0.0.1"));
  assert.equal(table.find(29, "a")?.address, "10.0.0.1");
  assert.equal(table.find(30, "a"), undefined);
  assert.equal(table.size, 1);
  table.expire(30);
  assert.equal(table.size, 0);
});

test("a token issued again lives anew and does not count twice", () => {
  const table = new TokenTable({ tokenTtlMs: 30, maxTokens: 1 });
  assert.equal(table.issue(0, "a", target("10.0.0.1")), true);
  assert.equal(table.issue(20, "a", target("10.0.0.2")), true);
  assert.equal(table.find(49, "a")?.address, "10.0.0.2");
  assert.equal(table.issue(49, "b", target("10.0.0.1")), false);
});

const A = target("10.0.0.1");

test("a single-use token is the first socket's; the same socket may send it again", () => {
  const table = new TokenTable({
    tokenTtlMs: 30,
    maxTokens: 10,
    tokenRules: { singleUse: true, bindToSource: false },
  });
  table.issue(0, "a", A);
  assert.deepEqual(table.admit(1, "a", "192.0.2.1", undefined), { ok: true, target: A });
  assert.deepEqual(table.admit(1, "a", "192.0.2.1", 1000), { ok: true, target: A });
  assert.deepEqual(table.admit(2, "a", "192.0.2.1", 1000), { ok: true, target: A });
  const used = { ok: false, reason: "token_used" };
  assert.deepEqual(table.admit(2, "a", "192.0.2.1", 1001), used);
  assert.deepEqual(table.admit(2, "a", "192.0.2.2", 1000), used);
  assert.deepEqual(table.admit(30, "a", "192.0.2.1", 1000), { ok: false, reason: "unknown" });
});

test("a bound token works from the address that asked for it, on any port", () => {
  const table = new TokenTable({
    tokenTtlMs: 30,
    maxTokens: 10,
    tokenRules: { singleUse: false, bindToSource: true },
  });
  table.issue(0, "a", A, "192.0.2.1");
  const other = { ok: false, reason: "token_other_client" };
  assert.deepEqual(table.admit(1, "a", "192.0.2.2", 1000), other);
  assert.deepEqual(table.admit(1, "a", "192.0.2.1", 1000), { ok: true, target: A });
  assert.deepEqual(table.admit(1, "a", "192.0.2.1", 1001), { ok: true, target: A });
});
