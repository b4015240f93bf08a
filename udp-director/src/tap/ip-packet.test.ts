import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { udpPacket } from "./ip-packet.ts";

const sum = (bytes: Uint8Array, start = 0) => {
  let all = start;
  for (let at = 0; at < bytes.length; at += 2) {
    all += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  }
  while (all > 0xffff) all = (all & 0xffff) + (all >>> 16);
  return all;
};
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

test("an IPv4 packet is what the RFCs say, byte by byte", () => {
  const from = { address: "192.0.2.1", port: 5353 };
  const to = { address: "198.51.100.2", port: 7777 };
  const packet = udpPacket(from, to, new TextEncoder().encode("hi!"));
  assert.equal(
    hex(packet.subarray(0, 20)),
    // 20 + 8 + 3 bytes, don't fragment, 64 hops, UDP; the checksum by hand: RFC 1071.
    "4500001f0000400040114e97c0000201c6336402",
  );
  assert.equal(hex(packet.subarray(20, 26)), "14e91e61000b");
  assert.equal(Buffer.from(packet.subarray(28)).toString(), "hi!");
});

const address4 = fc.ipV4();
const address6 = fc.ipV6();
const end = (address: fc.Arbitrary<string>) =>
  fc.record({ address, port: fc.integer({ min: 0, max: 65_535 }) });

test("both checksums add up for every IPv4 packet", () => {
  fc.assert(
    fc.property(
      end(address4),
      end(address4),
      fc.uint8Array({ maxLength: 300 }),
      (a, b, payload) => {
        const packet = udpPacket(a, b, payload);
        assert.equal(packet.length, 28 + payload.length);
        assert.equal(sum(packet.subarray(0, 20)), 0xffff);
        const pseudo = sum(packet.subarray(12, 20), 17 + 8 + payload.length);
        assert.equal(sum(packet.subarray(20), pseudo), 0xffff);
        assert.deepEqual(packet.subarray(28), payload);
        assert.equal([...packet.subarray(12, 16)].join("."), a.address);
      },
    ),
  );
});

test("the UDP checksum adds up for every IPv6 packet, and is never absent", () => {
  fc.assert(
    fc.property(
      end(address6),
      end(address6),
      fc.uint8Array({ maxLength: 300 }),
      (a, b, payload) => {
        const packet = udpPacket(a, b, payload);
        assert.equal(packet[0], 0x60);
        assert.equal(packet.length, 48 + payload.length);
        const pseudo = sum(packet.subarray(8, 40), 17 + 8 + payload.length);
        assert.equal(sum(packet.subarray(40), pseudo), 0xffff);
        assert.notEqual(hex(packet.subarray(46, 48)), "0000");
      },
    ),
  );
});

test("an IPv4 end beside an IPv6 one is mapped; a wildcard stays one", () => {
  const six = { address: "2001:db8::1", port: 1 };
  const packet = udpPacket({ address: "192.0.2.1", port: 2 }, six, new Uint8Array());
  assert.equal(hex(packet.subarray(8, 24)), "00000000000000000000ffffc0000201");
  const unknown = udpPacket({ address: "0.0.0.0", port: 0 }, six, new Uint8Array());
  assert.equal(hex(unknown.subarray(8, 24)), "0".repeat(32));
});

test("the largest datagram fits its length fields", () => {
  const ends = [
    { address: "192.0.2.1", port: 1 },
    { address: "192.0.2.2", port: 2 },
  ] as const;
  const packet = udpPacket(...ends, new Uint8Array(65_507));
  assert.equal(packet.length, 65_535);
  assert.equal(hex(packet.subarray(2, 4)), "ffff");
});
