import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeAck, readAck } from "./ack-packet.ts";
import { DEFAULT_MAGIC_HEX, encodeControlPacket, parseMagic } from "./control-packet.ts";

const magic = parseMagic(DEFAULT_MAGIC_HEX);

test("what is written is read, with any magic; nothing else is an acknowledgement", () => {
  const magics = fc.uint8Array({ minLength: 1, maxLength: 16 });
  fc.assert(
    fc.property(magics, fc.uuid({ version: 4 }), (own, token) => {
      const packet = encodeAck(own, token);
      assert.equal(readAck(packet, own), token);
      for (let length = 0; length < own.length + 5; length++) {
        assert.equal(readAck(packet.subarray(0, length), own), undefined);
      }
    }),
  );
  const token = "550e8400-e29b-41d4-a716-446655440000";
  assert.equal(readAck(encodeControlPacket(magic, token), magic), undefined);
});

test("a packet may be answered without being an amplifier: under 1.4 times a token packet", () => {
  const token = "550e8400-e29b-41d4-a716-446655440000";
  assert.equal(encodeAck(magic, token).length, 49);
  assert.ok(encodeAck(magic, token).length < 1.4 * token.length);
});
