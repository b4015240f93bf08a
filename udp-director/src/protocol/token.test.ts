import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { encodeToken, isToken, readToken, TOKEN_BYTES } from "./token.ts";

const TOKEN = "550e8400-e29b-41d4-a716-446655440000";
const bytes = (text: string) => new TextEncoder().encode(text);

test("a token survives the round trip", () => {
  fc.assert(
    fc.property(fc.uuid({ version: 4 }), (token) => {
      assert.equal(readToken(encodeToken(token)), token);
      assert.equal(encodeToken(token).length, TOKEN_BYTES);
    }),
  );
  assert.equal(readToken(encodeToken(randomUUID())) !== undefined, true);
});

test("trailing CR, LF and NUL are trimmed; nothing else is", () => {
  for (const tail of ["\n", "\r\n", "\0", "\r\n\0\0"]) {
    assert.equal(readToken(bytes(TOKEN + tail)), TOKEN);
  }
  for (const other of [` ${TOKEN}`, `${TOKEN} `, `\n${TOKEN}`, `${TOKEN}x`, `${TOKEN}\nx`]) {
    assert.equal(readToken(bytes(other)), undefined, JSON.stringify(other));
  }
});

test("upper case, other versions and cut tokens are not tokens", () => {
  assert.equal(readToken(bytes(TOKEN.toUpperCase())), undefined);
  assert.equal(readToken(bytes("550e8400-e29b-11d4-a716-446655440000")), undefined);
  for (let length = 0; length < TOKEN_BYTES; length++) {
    assert.equal(readToken(bytes(TOKEN.slice(0, length))), undefined);
  }
  assert.equal(isToken(`${TOKEN}\n`), false);
  assert.throws(() => encodeToken("x"), /not a token/);
});

test("a token after an offset is read, as in a control packet", () => {
  assert.equal(readToken(bytes(`RESET${TOKEN}`), 5), TOKEN);
  assert.equal(readToken(bytes(`RESET${TOKEN}`), 4), undefined);
});

test("random bytes never throw and are only tokens when they spell one", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat({ max: 90 }), (payload, start) => {
      const token = readToken(payload, start);
      if (token !== undefined) assert.ok(isToken(token));
    }),
  );
});
