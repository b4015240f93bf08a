import assert from "node:assert/strict";
import { test } from "node:test";
import { Histogram, Registry } from "prom-client";
import { SIZE_BOUNDS, sizeBucket } from "../data/traffic.ts";
import { PacketSizes } from "./packet-sizes.ts";

const BYTES = [0, 1, 63, 64, 65, 128, 129, 1200, 8192, 8193, 16_384, 16_385, 65_507];

test("a size falls into the first bucket that holds it", () => {
  for (const bytes of BYTES) {
    const first = SIZE_BOUNDS.findIndex((bound) => bytes <= bound);
    assert.equal(sizeBucket(bytes), first === -1 ? SIZE_BOUNDS.length : first, `${bytes} bytes`);
  }
});

test("it is written as prom-client writes its own histogram", async () => {
  const [own, theirs] = [new Registry(), new Registry()];
  const sizes = new PacketSizes("sizes", own);
  const histogram = new Histogram({
    ...{ name: "sizes", labelNames: ["direction"], buckets: [...SIZE_BOUNDS] },
    help: "Payload of packets from clients (inbound) and to clients (outbound)",
    registers: [theirs],
  });
  for (const direction of ["inbound", "outbound"]) histogram.zero({ direction });
  for (const bytes of BYTES) {
    sizes.observe("client", bytes);
    histogram.observe({ direction: "inbound" }, bytes);
  }
  sizes.observe("server", 100);
  histogram.observe({ direction: "outbound" }, 100);
  assert.equal(await own.metrics(), await theirs.metrics());
  own.resetMetrics();
  assert.match(await own.metrics(), /sizes_count\{direction="inbound"\} 0/);
});

test("counts of packets that were forwarded elsewhere are added", async () => {
  const registry = new Registry();
  const sizes = new PacketSizes("sizes", registry);
  sizes.observe("client", 100);
  sizes.add("client", [2, 1, 0, 0, 0, 0, 0, 0, 0, 1], 20_000);
  const text = await registry.metrics();
  assert.match(text, /sizes_bucket\{le="64",direction="inbound"\} 2\n/);
  assert.match(text, /sizes_bucket\{le="128",direction="inbound"\} 4\n/);
  assert.match(text, /sizes_bucket\{le="\+Inf",direction="inbound"\} 5\n/);
  assert.match(text, /sizes_sum\{direction="inbound"\} 20100\n/);
});
