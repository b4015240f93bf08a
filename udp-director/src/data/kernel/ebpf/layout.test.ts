import assert from "node:assert/strict";
import { test } from "node:test";
import { ENTRY, entriesOf, localKey, SUMS, sumsOf } from "./layout.ts";

test("a flow is an entry for each direction, found by who sends and to which port", () => {
  const { toBackend, toClient } = entriesOf({
    client: { address: "192.0.2.1", port: 4000 },
    dataPort: 7777,
    backend: { address: "10.0.0.9", port: 9001 },
    source: { address: "10.0.0.1", port: 30_000 },
  });
  const zeros = "00".repeat(12);
  assert.equal(toBackend.key.toString("hex"), `c0000201${zeros}0fa01e6102000000`);
  assert.equal(toClient.key.toString("hex"), `0a000009${zeros}2329753002000000`);
  const addresses = ({ value }: typeof toBackend) => value.toString("hex", 0, 8);
  assert.equal(addresses(toBackend), "0a0000010a000009");
  assert.equal(addresses(toClient), "00000000c0000201", "where it answers from is not known yet");
  assert.equal(toBackend.value.toString("hex", ENTRY.ports, ENTRY.ports + 4), "75302329");
  assert.equal(toClient.value.toString("hex", ENTRY.ports, ENTRY.ports + 4), "1e610fa0");
  assert.equal(toClient.value.toString("hex", ENTRY.local, ENTRY.local + 4), "0a000001");
  assert.equal(toBackend.value.readUInt16LE(ENTRY.direction), 0);
  assert.equal(toClient.value.readUInt16LE(ENTRY.direction), 1);
});

test("IPv6 addresses are whole, and never taken for those of IPv4", () => {
  const { toBackend } = entriesOf({
    client: { address: "2001:db8::1", port: 4000 },
    dataPort: 7777,
    backend: { address: "fd00::9", port: 9001 },
    source: { address: "fd00::1", port: 30_000 },
  });
  assert.equal(toBackend.key.toString("hex"), "20010db80000000000000000000000010fa01e610a000000");
  assert.equal(
    toBackend.value.toString("hex", 0, 32),
    "fd000000000000000000000000000001fd000000000000000000000000000009",
  );
  const [four, six] = [localKey("1.2.3.4"), localKey("102:304::")];
  assert.deepEqual(four.subarray(0, 16), six.subarray(0, 16));
  assert.notDeepEqual(four, six);
});

test("sums of all processors count as one", () => {
  const both = Buffer.alloc(2 * SUMS.length);
  for (const [processor, packets] of [3, 5].entries()) {
    const at = processor * SUMS.length;
    both.writeBigUInt64LE(BigInt(packets * 100), at + SUMS.bytes);
    both.writeBigUInt64LE(BigInt(packets), at + SUMS.sizes + 8);
  }
  both.writeBigUInt64LE(2n, SUMS.sizes + 72);
  const sizes = [0, 8, 0, 0, 0, 0, 0, 0, 0, 2];
  assert.deepEqual(sumsOf(both), { packets: 10, bytes: 800, sizes });
});
