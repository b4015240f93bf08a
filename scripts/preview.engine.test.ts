import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { allStacks } from "./stack-names.ts";

const run = promisify(execFile);

test("without a name every stack is previewed, a line each", async () => {
  const script = path.join(import.meta.dirname, "preview.ts");
  const { stdout } = await run(process.execPath, [script]);
  const lines = stdout.trimEnd().split("\n");
  assert.deepEqual(
    lines.map((line) => line.split(" ")[0]),
    allStacks(),
  );
  for (const line of lines) assert.match(line, /^\S+ +\d+ resources to create, [\d.]+ s$/);
});

test("a name that is no stack's is told with those that are", async () => {
  const script = path.join(import.meta.dirname, "preview.ts");
  await assert.rejects(run(process.execPath, [script, "nowhere"]), ({ stderr }) => {
    assert.match(stderr, /there is no Pulumi\.nowhere\.yaml: the stacks are aws-us-east-2, /);
    return true;
  });
});
