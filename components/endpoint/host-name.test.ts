import assert from "node:assert/strict";
import { test } from "node:test";
import { DNS_LABEL, hostName } from "./host-name.ts";

const long = (label: number, times: number) => Array(times).fill("a".repeat(label)).join(".");

test("a label has 1 to 63 letters, digits and inner hyphens", () => {
  for (const label of ["a", "4", "a-b", "a".repeat(63)]) assert.match(label, DNS_LABEL);
  for (const label of ["", "-a", "a-", "a_b", "A", "a.b", "a".repeat(64)]) {
    assert.doesNotMatch(label, DNS_LABEL);
  }
});

test("a host name has at least two labels and at most 253 characters", () => {
  for (const name of ["a.b", "game.example.com", "4.a-b.c", `${long(61, 4)}.bcd`.slice(0, 251)]) {
    assert.match(name, hostName());
  }
  for (const name of [
    "a",
    "a.",
    ".a",
    "a..b",
    "a.b.",
    "*.a.b",
    "a.B",
    "a.-b",
    `${long(62, 4)}.bc`,
  ]) {
    assert.doesNotMatch(name, hostName());
  }
});

test("a wildcard is its first label, and one label is enough where that is said", () => {
  assert.match("*.a.b", hostName({ wildcard: true }));
  for (const name of ["*", "a.*.b", "*a.b"]) {
    assert.doesNotMatch(name, hostName({ wildcard: true }));
  }
  assert.match("a", hostName({ labels: 1 }));
  assert.match("*.a", hostName({ wildcard: true, labels: 1 }));
});
