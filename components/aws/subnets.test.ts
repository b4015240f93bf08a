import assert from "node:assert/strict";
import { test } from "node:test";
import { containsCidr, overlapCidr } from "cidr-tools";
import fc from "fast-check";
import { refused } from "../testing/refused.ts";
import { checkNetwork, checkSubnets, divide, ipv6Subnet } from "./subnets.ts";

test("the networks of spec/004: public 10.0.1.0/24, private 10.0.2.0/24, and on", () => {
  assert.deepEqual(divide("10.0.0.0/16", 2), [
    { publicCidr: "10.0.1.0/24", privateCidr: "10.0.2.0/24" },
    { publicCidr: "10.0.3.0/24", privateCidr: "10.0.4.0/24" },
  ]);
});

test("derived networks are inside the VPC, apart from each other, and stay when zones are added", () => {
  const vpc = fc
    .tuple(fc.integer({ min: 16, max: 20 }), fc.nat({ max: 255 }))
    .map(([bits, second]) => `10.${second}.0.0/${bits}`);
  fc.assert(
    fc.property(vpc, fc.integer({ min: 1, max: 6 }), (cidr, zones) => {
      const all = divide(cidr, zones).flatMap((zone) => [zone.publicCidr, zone.privateCidr]);
      checkSubnets(
        cidr,
        all.map((one, index) => [`${index}`, one] as const),
      );
      for (const [index, one] of all.entries()) {
        assert.ok(containsCidr(cidr, one));
        assert.ok(all.every((other, at) => at === index || !overlapCidr(one, other)));
      }
      assert.deepEqual(divide(cidr, zones + 1).slice(0, zones), divide(cidr, zones));
    }),
  );
});

test("what is no network, too large or too small for AWS, outside or shared is refused", async () => {
  for (const wrong of ["10.0.0.0", "10.0.0.1/16", "2001:db8::/32", "x", ""]) {
    await refused(() => checkNetwork("at", wrong), "at", /is not an IPv4 network/);
  }
  await refused(() => checkNetwork("at", "10.0.0.0/8"), "at", /prefix of 8: AWS takes 16 to 28/);
  for (const bits of [29, 33]) {
    const why = new RegExp(`prefix of ${bits}: AWS takes 16 to 28`);
    await refused(() => checkNetwork("at", `10.0.0.0/${bits}`), "at", why);
  }
  const check = (...cidrs: string[]) =>
    checkSubnets(
      "10.0.0.0/16",
      cidrs.map((cidr, index) => [`subnet ${index}`, cidr] as const),
    );
  await refused(() => check("10.1.0.0/24"), "subnet 0", /not inside the VPC's 10\.0\.0\.0\/16/);
  await refused(
    () => check("10.0.1.0/24", "10.0.0.0/22"),
    "subnet 1",
    /overlaps subnet 0 \(10\.0\.1\.0\/24\)/,
  );
  await refused(() => divide("10.0.0.0/27", 8), "cidrBlock", /no room for two \/28 networks/);
});

test("each subnet gets a /64 of the VPC's IPv6 network", () => {
  assert.equal(ipv6Subnet("2001:db8:abc:de00::/56", 1), "2001:db8:abc:de01::/64");
  assert.equal(ipv6Subnet("2001:db8:abc:de00::/56", 255), "2001:db8:abc:deff::/64");
});
