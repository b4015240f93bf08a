import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { hasUnknown, isUnknown, sameValue, UNKNOWN, type Value } from "./values.ts";

const json = fc.jsonValue() as fc.Arbitrary<Value>;

test("a value equals its own copy, and no other", () => {
  fc.assert(
    fc.property(json, json, (a, b) => {
      assert.equal(sameValue(a, structuredClone(a)), true);
      // -0 and 0 are one number in JSON.
      assert.equal(sameValue(a, b), JSON.stringify(sorted(a)) === JSON.stringify(sorted(b)));
    }),
  );
});

test("a list is no map, and a missing key is not a null", () => {
  assert.equal(sameValue([], {}), false);
  assert.equal(sameValue({ a: null }, {}), false);
  assert.equal(sameValue({ a: 1 }, { b: 1 }), false);
  assert.equal(sameValue(undefined, null), false);
});

test("an unknown is found at any depth", () => {
  assert.equal(isUnknown(UNKNOWN), true);
  assert.equal(isUnknown([UNKNOWN]), false);
  assert.equal(hasUnknown({ a: [{ b: UNKNOWN }] }), true);
  assert.equal(hasUnknown({ a: [{ b: "known" }] }), false);
});

function sorted(value: Value): Value {
  if (typeof value !== "object" || value === null) {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map(sorted);
  }
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [key, sorted(inner)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
