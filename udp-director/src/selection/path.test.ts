import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MAX_PATH_CHARS, parsePath, readPath } from "./path.ts";

test("the published path form is read: dots and [n]", () => {
  assert.deepEqual(parsePath("status.state"), ["status", "state"]);
  assert.deepEqual(parsePath("spec.containers[0].ports[12].name"), [
    "spec",
    "containers",
    0,
    "ports",
    12,
    "name",
  ]);
  assert.deepEqual(parsePath("a[1][2]"), ["a", 1, 2]);
  assert.deepEqual(parsePath("$.status.state"), ["status", "state"]);
  assert.deepEqual(parsePath(".status.my-key"), ["status", "my-key"]);
});

test("everything else is not a path", () => {
  for (const text of [
    "",
    ".",
    "a..b",
    "a.",
    "[0]",
    "a[x]",
    "a[-1]",
    "a[0]b",
    "$..a",
    "a[?(@.b)]",
  ]) {
    assert.equal(parsePath(text), undefined, text);
  }
  assert.equal(parsePath("a".repeat(MAX_PATH_CHARS + 1)), undefined);
});

test("values are found by own keys and list positions only", () => {
  const root = { a: { b: [10, { c: true }] }, n: null };
  const at = (text: string) => readPath(root, parsePath(text) ?? []);
  assert.equal(at("a.b[0]"), 10);
  assert.equal(at("a.b[1].c"), true);
  for (const text of ["a.b[2]", "a.b.length", "a[0]", "n.x", "a.toString", "__proto__.x"]) {
    assert.equal(at(text), undefined, text);
  }
});

test("any text and any object give a value or nothing, never an exception", () => {
  fc.assert(
    fc.property(fc.string(), fc.jsonValue(), (text, root) => {
      const path = parsePath(text);
      if (path) readPath(root, path);
    }),
  );
});
