import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { COOKIE_BYTES } from "../protocol/challenge-packet.ts";
import { HmacCookies } from "./challenge-cookies.ts";

const secret = randomBytes(32);
const at = (time: number, from = secret) => new HmacCookies({ secret: from, wallNow: () => time });

test("a cookie is good for its socket alone, at every director with the secret", () => {
  const sockets = fc.tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.integer({ min: 1, max: 65_535 }));
  fc.assert(
    fc.property(sockets, sockets, (mine, other) => {
      const cookie = at(0).draw(...mine);
      assert.equal(cookie.length, COOKIE_BYTES);
      assert.ok(at(0).accepts(cookie, ...mine));
      const same = mine[0] === other[0] && mine[1] === other[1];
      assert.equal(at(0).accepts(cookie, ...other), same);
      assert.equal(at(0, randomBytes(32)).accepts(cookie, ...mine), false);
    }),
  );
});

test("a cookie is good for 10 s at least and 20 s at most", () => {
  fc.assert(
    fc.property(fc.nat({ max: 1e13 }), fc.nat({ max: 40_000 }), (drawn, later) => {
      const good = at(drawn + later).accepts(at(drawn).draw("192.0.2.1", 1), "192.0.2.1", 1);
      if (later < 10_000) assert.ok(good);
      if (later >= 20_000) assert.ok(!good);
    }),
  );
});

test("no random bytes are a cookie", () => {
  const cookies = at(0);
  for (let n = 0; n < 1000; n++) {
    assert.equal(cookies.accepts(randomBytes(COOKIE_BYTES), "192.0.2.1", 1), false);
  }
});
