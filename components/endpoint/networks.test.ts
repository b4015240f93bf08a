import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { refused } from "../testing/refused.ts";
import { checkAdminNetworks, checkNetworks } from "./networks.ts";

test("every network in CIDR form is taken, anything else is refused by its place", async () => {
  const v4 = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 }));
  const v6 = fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 }));
  fc.assert(
    fc.property(fc.array(fc.oneof(v4, v6)), (list) => {
      checkNetworks(
        "ranges",
        list.map(([address, bits]) => `${address}/${bits}`),
      );
    }),
  );
  for (const wrong of [
    "",
    "10.0.0.0",
    "10.0.0.0/33",
    "::/129",
    "a/8",
    "10.0.0.0/8/8",
    "10.0.0.0/ 8",
  ]) {
    await refused(() => checkNetworks("ranges", ["::/0", wrong]), "ranges[1]", /not a network/);
  }
});

test("administrators are no half of the Internet", async () => {
  checkAdminNetworks("ssh", ["203.0.113.7/32", "10.0.0.0/8", "2001:db8::/32"]);
  for (const all of ["0.0.0.0/0", "::/0", "128.0.0.0/1"]) {
    await refused(() => checkAdminNetworks("ssh", [all]), "ssh[0]", /everybody/);
  }
  assert.throws(() => checkAdminNetworks("ssh", ["x"]));
});
