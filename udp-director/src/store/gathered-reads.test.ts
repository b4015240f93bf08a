import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { GatheredReads } from "./gathered-reads.ts";

const answerFor = (key: string) => (key.startsWith("no") ? null : `value of ${key}`);

test("what is asked in one turn is one round trip, and everybody gets his own", async () => {
  const trips: string[][] = [];
  const reads = new GatheredReads(async (keys) => {
    trips.push(keys);
    return keys.map(answerFor);
  });
  const answers = await Promise.all([reads.read(["a", "no b"]), reads.read([]), reads.read(["c"])]);
  assert.deepEqual(answers, [["value of a", null], [], ["value of c"]]);
  assert.deepEqual(await reads.read(["d"]), ["value of d"]);
  assert.deepEqual(trips, [["a", "no b", "c"], ["d"]]);
});

test("a round trip has a bound, and one that fails is nobody else's", async () => {
  const sizes: number[] = [];
  const reads = new GatheredReads(async (keys) => {
    sizes.push(keys.length);
    if (sizes.length === 2) throw new Error("lost");
    return keys.map(answerFor);
  });
  const asked = Array.from({ length: 600 }, (_, n) => reads.read([`${n}`]));
  const settled = await Promise.allSettled(asked);
  assert.deepEqual(sizes, [256, 256, 88]);
  for (const [n, one] of settled.entries()) {
    if (n >= 256 && n < 512) assert.equal(one.status, "rejected");
    else assert.deepEqual(one, { status: "fulfilled", value: [`value of ${n}`] });
  }
});

test("a question that is asked while another is under way does not wait for it", async () => {
  const open: (() => void)[] = [];
  const reads = new GatheredReads(async (keys) => {
    await new Promise<void>((resolve) => open.push(resolve));
    return keys.map(answerFor);
  });
  const first = reads.read(["a"]);
  await turn();
  const second = reads.read(["b"]);
  await turn();
  await turn();
  open[1]?.();
  assert.deepEqual(await second, ["value of b"]);
  open[0]?.();
  assert.deepEqual(await first, ["value of a"]);
});
