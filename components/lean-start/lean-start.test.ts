import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";

const run = promisify(execFile);

test("functions are serialized as without it", async () => {
  const script = `
    const { runtime } = await import("@pulumi/pulumi");
    const answer = 42;
    const { text } = await runtime.serializeFunction(() => answer);
    process.stdout.write(text);`;
  const serialized = async (...before: readonly string[]) => {
    const args = [...before, "--input-type=module", "--eval", script];
    return (await run(process.execPath, args, { cwd: import.meta.dirname })).stdout;
  };
  const plain = await serialized();
  assert.match(plain, /answer/);
  assert.equal(await serialized("--import", "pulumi-udp/lean-start"), plain);
});
