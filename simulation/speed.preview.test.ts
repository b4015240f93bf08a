import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { preview } from "./mini-engine/index.ts";

const projectDir = path.join(import.meta.dirname, "test-program");
const ROUNDS = 3;
/** A stack of 66 resources against a program with one: a few times as much, and no more. */
const MOST = 8;

/** Milliseconds of a preview. */
async function previewed(main: string): Promise<number> {
  const started = performance.now();
  const world = { zones: ["example.com"] };
  const { exitCode, terminal } = await preview({ projectDir, main, stack: "dev", world });
  assert.equal(exitCode, 0, terminal);
  return performance.now() - started;
}

test("the preview of the largest cloud stack takes a few times that of the smallest program", async (t) => {
  let bare = Number.POSITIVE_INFINITY;
  let stack = Number.POSITIVE_INFINITY;
  // In turn, so that a machine that slows down slows both; the quickest of each.
  for (let round = 0; round < ROUNDS; round += 1) {
    bare = Math.min(bare, await previewed("bare.ts"));
    stack = Math.min(stack, await previewed("aws.ts"));
  }
  t.diagnostic(`bare program ${bare.toFixed(0)} ms, stack on AWS ${stack.toFixed(0)} ms`);
  assert.ok(stack < MOST * bare, `${stack} ms against ${bare} ms`);
});
