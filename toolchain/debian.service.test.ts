import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { debianCommand, findCommand, which } from "./debian.ts";

const silent = () => {};

test("a command that is there is found, on PATH or in a folder of the system's", async () => {
  assert.ok(which("sh")?.endsWith("/sh"));
  const node = path.basename(process.execPath);
  assert.equal(which(node, path.dirname(process.execPath)), process.execPath);
  assert.deepEqual(Object.keys(await debianCommand({ command: "sh" }, silent)), ["file"]);
});

test("a command with a folder of its own is looked for there and nowhere else", () => {
  // Else the plug-in `bridge` would be found in iproute2, and the package of plug-ins never come.
  assert.equal(findCommand({ command: "sh", folder: import.meta.dirname }), undefined);
  const folder = path.dirname(process.execPath);
  assert.equal(findCommand({ command: path.basename(process.execPath), folder }), process.execPath);
});

test("a command that nobody has is a reason, not an exception", async () => {
  assert.equal(which("no-such-command-anywhere"), undefined);
  const found = await debianCommand({ command: "no-such-command-anywhere" }, silent);
  assert.match("missing" in found ? found.missing : "", /^no-such-command-anywhere .+/);
});
