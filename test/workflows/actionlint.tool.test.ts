import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { goTool } from "../../toolchain/go-tool.ts";

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, "../..");

/** shellcheck and pyflakes are used where the machine has them; without them actionlint says nothing. */
async function lint(...args: string[]): Promise<{ code: number; stdout: string }> {
  const actionlint = await goTool("actionlint", (line) => process.stderr.write(`${line}\n`));
  return run(actionlint, ["-no-color", "-oneline", ...args], { cwd: root }).then(
    ({ stdout }) => ({ code: 0, stdout }),
    (error: { code: number; stdout: string }) => error,
  );
}

test("the workflows are what GitHub runs", async () => {
  const { code, stdout } = await lint();
  assert.equal(stdout, "");
  assert.equal(code, 0);
});

test("a workflow that is wrong is refused", async () => {
  const file = path.join(import.meta.dirname, "testdata", "wrong.yml");
  const { code, stdout } = await lint(file);
  assert.equal(code, 1);
  assert.match(stdout, /property "nothing" is not defined/);
});
