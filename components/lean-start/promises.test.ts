import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Frames of the trace that the SDK keeps with a promise, and Node's limit afterwards. */
async function traced(
  script: string,
  { before = [], env = {} }: { before?: readonly string[]; env?: Record<string, string> },
) {
  const args = [...before, "--input-type=module", "--eval", script];
  const { stdout } = await run(process.execPath, args, {
    cwd: import.meta.dirname,
    env: { ...process.env, ...env },
  });
  return JSON.parse(stdout) as { frames: number; limit: number };
}

const SHOW = `
  const { createRequire } = await import("node:module");
  const require = createRequire(import.meta.url);
  const settings = require("@pulumi/pulumi/runtime/settings");
  const { debuggablePromise } = require("@pulumi/pulumi/runtime/debuggable");
  const kept = Promise.resolve(1);
  await debuggablePromise(kept, "test");
  const frames = String(kept._debugStackTrace).split("\\n").length - 1;
  process.stdout.write(JSON.stringify({ frames, limit: Error.stackTraceLimit }));`;
const LEAN = ["--import", "pulumi-udp/lean-start"];

test("the SDK's promises keep a trace without frames, and others' traces are as long", async () => {
  const plain = await traced(SHOW, {});
  assert.ok(plain.frames > 0);
  const lean = await traced(SHOW, { before: LEAN });
  assert.deepEqual(lean, { frames: 0, limit: plain.limit });
});

test("as the first import of a program that the SDK has loaded it does the same", async () => {
  const late = `await import("@pulumi/pulumi"); await import("pulumi-udp/lean-start");${SHOW}`;
  assert.equal((await traced(late, {})).frames, 0);
});

test("whoever looks for promise leaks sees their traces", async () => {
  const env = { PULUMI_DEBUG_PROMISE_LEAKS: "true" };
  assert.ok((await traced(SHOW, { before: LEAN, env })).frames > 0);
});
