import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { debianCommand, which } from "./debian.ts";

const silent = () => {};

test("a command that is there is found, on PATH or in a folder of the system's", async () => {
  assert.ok(which("sh")?.endsWith("/sh"));
  const node = path.basename(process.execPath);
  assert.equal(which(node, path.dirname(process.execPath)), process.execPath);
  assert.deepEqual(Object.keys(await debianCommand({ command: "sh" }, silent)), ["file"]);
});

test("a command that nobody has is a reason, not an exception", async () => {
  assert.equal(which("no-such-command-anywhere"), undefined);
  const found = await debianCommand({ command: "no-such-command-anywhere" }, silent);
  assert.match("missing" in found ? found.missing : "", /^no-such-command-anywhere .+/);
});
