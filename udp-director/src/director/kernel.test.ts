import assert from "node:assert/strict";
import { test } from "node:test";
import { sourceOf } from "../protection/source.ts";
import type { Session } from "../sessions/session.ts";
import { hasSession } from "./kernel.ts";

test("a source has the sessions of its address, or of its /64 however the address is written", () => {
  const has = (address: string, source: string) =>
    hasSession([{ clientAddress: "x" }, { clientAddress: address }] as Session<unknown>[], source);
  assert.equal(has("192.0.2.1", "192.0.2.1"), true);
  assert.equal(has("192.0.2.10", "192.0.2.1"), false);
  for (const address of [
    "2001:db8:1:2::5",
    "2001:db8:1:2:3:4:5:6",
    "2001:db8::1",
    "::1",
    "fe80::1",
  ]) {
    assert.equal(has(address, sourceOf(address)), true, address);
  }
  assert.equal(has("2001:db8:0:1::5", "2001:db8:0:0::/64"), false);
  assert.equal(has("2001:db80::5", "2001:db8:0:0::/64"), false);
  assert.equal(hasSession([], "192.0.2.1"), false);
});
