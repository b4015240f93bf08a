import assert from "node:assert/strict";
import { test } from "node:test";
import { LastLines } from "./last-lines.ts";

function lastOf(most: number, ...parts: readonly string[]): string {
  const lines = new LastLines(most);
  for (const part of parts) lines.add(part);
  return `${lines}`;
}

const CUT = "(the beginning is left out)\n";

test("a text that fits is whole, in however many parts it came", () => {
  assert.equal(lastOf(10), "");
  assert.equal(lastOf(10, "one\nt", "wo\n"), "one\ntwo");
});

test("of a longer one the last whole lines are left", () => {
  assert.equal(lastOf(10, "one\ntwo\nthree\n"), `${CUT}two\nthree`);
  assert.equal(lastOf(9, "one\ntwo\nthree\n"), `${CUT}three`);
  const parts = Array.from({ length: 10_000 }, (_, index) => `${index}\n`);
  assert.equal(lastOf(10, ...parts), `${CUT}9998\n9999`);
});

test("of a line that is too long the end is left", () => {
  assert.equal(lastOf(5, "one two three"), `${CUT}three`);
  assert.equal(lastOf(6, "one two three\n"), `${CUT}three`);
});
