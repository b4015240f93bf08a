import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { searchMtu } from "./mtu-search.ts";
import { probePacket, probeSequence } from "./probe-packet.ts";
import { measurementText } from "./report.ts";
import { PacketTally } from "./tally.ts";

/** A tally of packets sent 10 ms apart, and replies as `[number, at]`. */
function tallied(sent: number, replies: readonly (readonly [number, number])[]) {
  const tally = new PacketTally();
  for (let n = 0; n < sent; n++) assert.equal(tally.sent(n * 10), n);
  for (const [sequence, at] of replies) tally.came(sequence, at);
  return tally.result();
}

test("round trips, loss, order and repetition are counted as the definitions say", () => {
  // 0: 5 ms, 1: lost, 2: 8 ms, 3: 6 ms but before 2 arrives, 3 again, 9 never sent.
  const found = tallied(4, [
    [0, 5],
    [3, 36],
    [2, 28],
    [3, 50],
    [9, 51],
  ]);
  assert.deepEqual(found, {
    sent: 4,
    received: 3,
    lossPercent: 25,
    duplicates: 1,
    reordered: 1,
    roundTripMs: { min: 5, mean: 6.333, p50: 6, p90: 8, p95: 8, p99: 8, max: 8 },
    jitterMs: 2,
  });
});

test("nothing that came back is no zero", () => {
  const found = tallied(3, []);
  assert.deepEqual([found.lossPercent, found.roundTripMs, found.jitterMs], [100, null, null]);
  assert.equal(tallied(0, []).lossPercent, 0);
});

test("percentiles are values that were measured, and in order", () => {
  const times = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(times, (took) => {
      const trip = tallied(
        took.length,
        took.map((one, n) => [n, n * 10 + one] as const),
      ).roundTripMs;
      assert.ok(trip);
      const rising = [trip.min, trip.p50, trip.p90, trip.p95, trip.p99, trip.max];
      assert.deepEqual(
        rising,
        rising.toSorted((a, b) => a - b),
      );
      for (const one of rising) assert.ok(took.includes(one));
      assert.ok(took.filter((one) => one <= trip.p90).length >= took.length * 0.9);
    }),
  );
});

test("a reply is known by its run, behind a label too, and nothing else is", () => {
  const run = Buffer.from("0123456789abcdef", "hex");
  const packet = probePacket(run, 7, 64);
  assert.equal(packet.length, 64);
  assert.equal(probeSequence(run, packet), 7);
  assert.equal(probeSequence(run, Buffer.concat([Buffer.from("echo-a "), packet])), 7);
  assert.equal(probeSequence(Buffer.alloc(8), packet), undefined);
  assert.equal(probeSequence(run, packet.subarray(0, 15)), undefined);
  assert.equal(probePacket(run, 1, 3).length, 16);
  fc.assert(
    fc.property(fc.uint8Array(), (any) => probeSequence(run, Buffer.from(any)) === undefined),
  );
});

test("the search finds any path MTU, and common ones by a handful of questions", async () => {
  const search = async (mtu: number, max = 9000) => {
    let asked = 0;
    const found = await searchMtu({ min: 68, max }, async (bytes) => {
      asked++;
      assert.ok(bytes >= 68 && bytes <= max, String(bytes));
      return bytes <= mtu;
    });
    return { found, asked };
  };
  for (const mtu of [1500, 1492, 1420, 1280, 576]) {
    const { found, asked } = await search(mtu);
    assert.equal(found, mtu);
    assert.ok(asked <= 12, `${asked} questions for ${mtu}`);
  }
  assert.deepEqual(await search(9000), { found: 9000, asked: 1 });
  assert.equal((await search(67)).found, null);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 68, max: 9000 }), async (mtu) => {
      const { found, asked } = await search(mtu);
      assert.equal(found, mtu);
      assert.ok(asked <= 26, `${asked} questions for ${mtu}`);
    }),
  );
});

test("the text has every figure, and says why one is missing", () => {
  const latency = tallied(2, [
    [0, 5],
    [1, 16],
  ]);
  const text = measurementText({
    ...{ host: "echo.example", port: 9999, address: "192.0.2.1" },
    latency,
    throughput: { offeredMbps: 10, deliveredMbps: 9.5, packets: latency },
    pathMtu: { bytes: null, payloadBytes: null, why: "no perl" },
  });
  assert.equal(
    text,
    `endpoint    UDP echo.example:9999 (192.0.2.1)
packets     2 of 2 came back (0.00 % lost), 0 reordered, 0 twice
round trip  min 5.00 ms, mean 5.50 ms, max 6.00 ms
            p50 5.00 ms, p90 6.00 ms, p95 6.00 ms, p99 6.00 ms
jitter      1.00 ms
throughput  9.50 of 10.00 Mbit/s came back
            2 of 2 came back (0.00 % lost), 0 reordered, 0 twice
path MTU    not known: no perl
`,
  );
});
