import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { runFiles } from "./run-files.ts";
import type { Tier } from "./tiers.ts";

const TIER: Tier = {
  name: "fixture",
  what: "",
  suffix: "",
  concurrency: 1,
  timeoutMs: 30_000,
  missing: async () => undefined,
};

async function tallyOf(source: string, { tier = TIER, graceMs = 30_000 } = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), "run-files-"));
  const printed: string[] = [];
  // A test runner inside a test's process would otherwise report to the outer one.
  const context = process.env.NODE_TEST_CONTEXT;
  delete process.env.NODE_TEST_CONTEXT;
  try {
    writeFileSync(path.join(folder, "x.test.mjs"), source);
    const tally = await runFiles(
      tier,
      ["x.test.mjs"],
      folder,
      (line) => printed.push(line),
      graceMs,
    );
    return { ...tally, printed: printed.join("\n") };
  } finally {
    process.env.NODE_TEST_CONTEXT = context;
    rmSync(folder, { recursive: true });
  }
}

test("passed, failed and skipped tests are counted, and the last two are told", async () => {
  const { printed, ...tally } = await tallyOf(`
    import { describe, test } from "node:test";
    test("good", () => {});
    test("no root", { skip: "needs root" }, () => {});
    describe("suite", () => { test("bad", () => { throw new Error("boom"); }); });
  `);
  assert.deepEqual(tally, { passed: 1, failed: 1, skipped: 1 });
  assert.match(printed, /skipped {2}x\.test\.mjs: no root: needs root/);
  assert.match(printed, /FAILED {3}x\.test\.mjs: bad\n.*boom/);
});

test("what a file wrote to its standard output is told, at its end, where one of its tests failed", async () => {
  const source = (failing: boolean) => `
    import { describe, test } from "node:test";
    console.log("before");
    test("says", () => console.log('{"lost":7}'));
    describe("suite", () => { test("bad", () => { if (${failing}) throw new Error("boom"); }); });
  `;
  const { printed } = await tallyOf(source(true));
  const told = /^ {2}output {3}x\.test\.mjs:\n {11}before\n {11}\{"lost":7\}$/m;
  assert.match(printed, told);
  assert.ok(printed.indexOf("output") > printed.indexOf("boom"));
  assert.equal((await tallyOf(source(false))).printed, "");
});

test("of much output the last lines are told", async () => {
  const { printed } = await tallyOf(`
    import { test } from "node:test";
    test("bad", () => {
      for (let n = 1; n <= 20_000; n++) console.log("line " + n);
      throw new Error("boom");
    });
  `);
  const [, told = ""] = printed.split("x.test.mjs:\n");
  const lines = told.split("\n").map((line) => line.trim());
  assert.equal(lines[0], "(the beginning is left out)");
  assert.equal(lines.at(-1), "line 20000");
  assert.ok(lines.length > 500 && told.length < 50_000, `${lines.length} lines`);
});

test("a file that cannot be loaded is a failure", async () => {
  const { failed, passed } = await tallyOf('import "./missing.mjs";');
  assert.deepEqual([passed, failed], [0, 1]);
});

test("a file that does not end is ended and is a failure, and what ran well in it counts", async () => {
  const { printed, ...tally } = await tallyOf(
    `
    import { spawn } from "node:child_process";
    import { test } from "node:test";
    test("good", () => {});
    test("waits", async () => {
      const child = spawn("cat", { stdio: ["pipe", "inherit", "inherit"] });
      await new Promise((resolve) => child.on("exit", resolve));
    });
  `,
    { tier: { ...TIER, timeoutMs: 1500 }, graceMs: 500 },
  );
  assert.deepEqual(tally, { passed: 1, failed: 2, skipped: 0 });
  assert.match(printed, /FAILED {3}x\.test\.mjs: waits\n.*timed out after 1500ms/);
  assert.match(printed, /FAILED {3}x\.test\.mjs: .*x\.test\.mjs\n.*aborted due to timeout/);
});
