import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { hex, publicAddress, uuid } from "./identifiers.ts";

test("identifiers depend on their parts alone, and on where a part ends", () => {
  assert.equal(hex(8, "a", "b"), hex(8, "a", "b"));
  assert.notEqual(hex(8, "a", "b"), hex(8, "ab"));
  assert.match(uuid("x"), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("public addresses lie in the ranges for documentation and are never given twice", () => {
  const taken = new Set<string>();
  for (let index = 0; index < 762; index++) {
    const address = publicAddress("IPv4", taken, "ip", index);
    assert.match(
      address,
      /^(192\.0\.2|198\.51\.100|203\.0\.113)\.([1-9]\d?|1\d\d|2[0-4]\d|25[0-4])$/,
    );
    assert.ok(!taken.has(address));
    taken.add(address);
  }
  assert.throws(() => publicAddress("IPv4", taken, "one more"), /no public IPv4 address left/);
});

test("IPv6 addresses are well formed", () => {
  fc.assert(
    fc.property(fc.string(), (name) => {
      assert.ok(
        new URL(`http://[${publicAddress("IPv6", new Set(), name)}]/`).hostname.startsWith(
          "[2001:db8:",
        ),
      );
    }),
  );
});
