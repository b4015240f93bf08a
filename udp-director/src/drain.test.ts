import assert from "node:assert/strict";
import { test } from "node:test";
import { drain } from "./drain.ts";

/** Runs a drain whose sessions end at the given times; returns what happened when. */
async function run(delayMs: number, drainMs: number, ends: readonly number[]) {
  let now = 0;
  let refusedAt = -1;
  const left = await drain({
    delayMs,
    drainMs,
    refuseNew: () => {
      refusedAt = now;
    },
    sessions: () => ends.filter((end) => end > now).length,
    wait: async (ms) => {
      now += ms;
    },
  });
  return { refusedAt, endedAt: now, left };
}

test("without times it ends at once, as published", async () => {
  assert.deepEqual(await run(0, 0, [1000]), { refusedAt: 0, endedAt: 0, left: 1 });
});

test("it ends when the last session has, and not before", async () => {
  assert.deepEqual(await run(0, 60_000, [1000, 2000]), { refusedAt: 0, endedAt: 2000, left: 0 });
  assert.deepEqual(await run(5000, 60_000, []), { refusedAt: 5000, endedAt: 5000, left: 0 });
});

test("it ends exactly at its limit when sessions stay", async () => {
  const limit = { refusedAt: 500, endedAt: 500 + 1100, left: 1 };
  assert.deepEqual(await run(500, 1100, [1e9]), limit);
});
