import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  DEFAULT_MAGIC_HEX,
  encodeControlPacket,
  isControlPacket,
  parseMagic,
} from "./control-packet.ts";
import { readToken } from "./token.ts";

const magic = parseMagic(DEFAULT_MAGIC_HEX);

test("the default magic is FF FF FF FF RESET", () => {
  assert.deepEqual([...magic], [255, 255, 255, 255, ...Buffer.from("RESET")]);
  for (const bad of ["", "F", "GG", "FF "]) assert.throws(() => parseMagic(bad), /not hex/);
});

test("a control packet is magic and token, 45 bytes with the default magic", () => {
  fc.assert(
    fc.property(fc.uuid({ version: 4 }), (token) => {
      const packet = encodeControlPacket(magic, token);
      assert.equal(packet.length, 45);
      assert.ok(isControlPacket(packet, magic));
      assert.equal(readToken(packet, magic.length), token);
    }),
  );
});

test("a truncated packet is a control packet once the magic is whole, and holds no token", () => {
  const packet = encodeControlPacket(magic, "550e8400-e29b-41d4-a716-446655440000");
  for (let length = 0; length < packet.length; length++) {
    const cut = packet.subarray(0, length);
    assert.equal(isControlPacket(cut, magic), length >= magic.length);
    assert.equal(readToken(cut, magic.length), undefined);
  }
});

test("any other first byte makes it data", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (payload) => {
      const expected = magic.every((byte, at) => payload[at] === byte);
      assert.equal(isControlPacket(payload, magic), expected);
    }),
  );
});
