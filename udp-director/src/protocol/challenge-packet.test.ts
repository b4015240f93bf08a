import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeAck } from "./ack-packet.ts";
import {
  COOKIE_BYTES,
  encodeChallenge,
  encodeProof,
  readChallenge,
  readProof,
} from "./challenge-packet.ts";
import { DEFAULT_MAGIC_HEX, encodeControlPacket, parseMagic } from "./control-packet.ts";

const magic = parseMagic(DEFAULT_MAGIC_HEX);
const magics = fc.uint8Array({ minLength: 1, maxLength: 16 });
const cookies = fc.uint8Array({ minLength: COOKIE_BYTES, maxLength: COOKIE_BYTES });
const token = "550e8400-e29b-41d4-a716-446655440000";

test("a challenge is read by the client, whatever the magic, and cut or longer ones are not", () => {
  fc.assert(
    fc.property(magics, cookies, (own, cookie) => {
      const packet = encodeChallenge(own, cookie);
      assert.deepEqual(readChallenge(packet, own), cookie);
      for (let length = 0; length < packet.length; length++) {
        assert.equal(readChallenge(packet.subarray(0, length), own), undefined);
      }
      assert.equal(readChallenge(Buffer.concat([packet, Buffer.of(0)]), own), undefined);
    }),
  );
});

test("a proof is read by the director, with and without a token of either kind", () => {
  const sealed = "udp1.k1.AAAA";
  for (const shown of [undefined, token, sealed]) {
    fc.assert(
      fc.property(magics, cookies, (own, cookie) => {
        const packet = encodeProof(own, cookie, shown);
        assert.deepEqual(readProof(packet, own), { cookie, token: shown });
        for (let length = 0; length < own.length + 4 + COOKIE_BYTES; length++) {
          assert.equal(readProof(packet.subarray(0, length), own), undefined);
        }
      }),
    );
  }
  const cookie = new Uint8Array(COOKIE_BYTES);
  assert.equal(
    readProof(Buffer.concat([encodeProof(magic, cookie), Buffer.of(1)]), magic)?.token,
    "",
  );
});

test("no packet is taken for another one", () => {
  const cookie = new Uint8Array(COOKIE_BYTES);
  for (const packet of [encodeControlPacket(magic, token), encodeAck(magic, token)]) {
    assert.equal(readChallenge(packet, magic), undefined);
    assert.equal(readProof(packet, magic), undefined);
  }
  assert.equal(readProof(encodeChallenge(magic, cookie), magic), undefined);
  assert.equal(readChallenge(encodeProof(magic, cookie), magic), undefined);
});

test("a challenge costs at most twice what the shortest packet that it answers cost on the line", () => {
  const header = 28;
  const challenge = encodeChallenge(magic, new Uint8Array(COOKIE_BYTES)).length;
  assert.equal(challenge, 29);
  assert.ok(header + challenge <= 2 * (header + 1));
});
