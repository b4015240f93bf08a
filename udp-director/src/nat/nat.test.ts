import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { sameAddress } from "../net/address-bytes.ts";
import { classifyNat, type NatObservations } from "./classify.ts";
import {
  encodeAnswer,
  encodeGreeting,
  encodeRequest,
  readAnswer,
  readGreeting,
  readRequest,
} from "./nat-packet.ts";

const transaction = fc.uint8Array({ minLength: 12, maxLength: 12 }).map((one) => Buffer.from(one));
const transport = fc.record({
  address: fc.oneof(fc.ipV4(), fc.ipV6()),
  port: fc.integer({ min: 0, max: 65_535 }),
});

test("requests, answers and greetings come out as they went in", () => {
  const fields = {
    transaction,
    otherAddress: fc.boolean(),
    otherPort: fc.boolean(),
    delayMs: fc.integer({ min: 0, max: 600_000 }),
  };
  const request = fc.record(fields, { noNullPrototype: true });
  fc.assert(fc.property(request, (one) => assert.deepEqual(readRequest(encodeRequest(one)), one)));
  const other = fc.option(transport, { nil: undefined });
  fc.assert(
    fc.property(transaction, transport, other, (key, mapped, elsewhere) => {
      const read = readAnswer(encodeAnswer({ transaction: key, mapped, other: elsewhere }));
      assert.ok(read);
      for (const [was, is] of [
        [mapped, read.mapped],
        [elsewhere, read.other],
      ] as const) {
        assert.equal(is?.port, was?.port);
        assert.ok(was === undefined || sameAddress(was.address, is?.address ?? ""));
      }
    }),
  );
  fc.assert(
    fc.property(transaction, (key) => assert.deepEqual(readGreeting(encodeGreeting(key)), key)),
  );
});

test("an answer is never larger than what asked for it, and holds no address in plain", () => {
  fc.assert(
    fc.property(transaction, transport, (key, place) => {
      const asked = encodeRequest({
        ...{ transaction: key, otherAddress: true, otherPort: true, delayMs: 0 },
      });
      assert.ok(
        encodeAnswer({ transaction: key, mapped: place, other: place }).length < asked.length,
      );
    }),
  );
  const request = { transaction: Buffer.alloc(12, 1), otherAddress: true, otherPort: true };
  const packet = encodeRequest({ ...request, delayMs: 5 });
  assert.equal(readRequest(packet.subarray(0, 63)), undefined);
  packet.writeUInt32BE(600_001, 22);
  assert.equal(readRequest(packet), undefined);
  const mapped = { address: "192.0.2.1", port: 4096 };
  const answer = encodeAnswer({ transaction: request.transaction, mapped, other: undefined });
  assert.equal(answer.indexOf(Buffer.from([192, 0, 2, 1])), -1);
});

test("random and cut packets are nobody's", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (any) => {
      const packet = Buffer.from(any);
      const read = [readRequest(packet), readAnswer(packet), readGreeting(packet)];
      assert.deepEqual(read, [undefined, undefined, undefined]);
    }),
  );
});

const LOCAL = { address: "10.0.0.2", port: 5000 };
const at = (port: number) => ({ address: "203.0.113.1", port });
const seen = (ports: readonly number[], heard: string): NatObservations => ({
  local: LOCAL,
  mapped: {
    first: at(ports[0] ?? 0),
    otherAddress: at(ports[1] ?? 0),
    otherAddressAndPort: at(ports[2] ?? 0),
  },
  heardFrom: { otherPort: heard !== "", otherAddressAndPort: heard === "all" },
});

for (const [kind, observations, mapping, filtering] of [
  ["full cone", seen([1, 1, 1], "all"), "endpoint-independent", "endpoint-independent"],
  ["restricted cone", seen([1, 1, 1], "port"), "endpoint-independent", "address-dependent"],
  [
    "port restricted cone",
    seen([1, 1, 1], ""),
    "endpoint-independent",
    "address-and-port-dependent",
  ],
  ["symmetric", seen([1, 2, 3], ""), "address-and-port-dependent", "address-and-port-dependent"],
  ["symmetric", seen([1, 2, 2], "port"), "address-dependent", "address-dependent"],
] as const) {
  test(`${kind}: mapping ${mapping}, filtering ${filtering}`, () => {
    assert.deepEqual(classifyNat(observations), { kind, mapping, filtering });
  });
}

test("without translation it is no NAT, but perhaps a firewall", () => {
  const plain = (heard: string) => ({
    ...seen([1, 1, 1], heard),
    mapped: { first: LOCAL, otherAddress: LOCAL, otherAddressAndPort: LOCAL },
  });
  assert.equal(classifyNat(plain("all")).kind, "none");
  assert.equal(classifyNat(plain("")).kind, "firewall");
  assert.equal(classifyNat(plain("port")).kind, "firewall");
});
