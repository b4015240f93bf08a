import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readKeys } from "./keys.ts";

const HEX = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const BYTES = Buffer.from(HEX, "hex");

test("a key is read from a file, a variable or the configuration, in hex or base64", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "udp-director-keys-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "key");
  await writeFile(path, `${HEX}\n`);
  const sources = [
    { id: "file", secretFile: path },
    { id: "env", secretEnv: "KEY" },
    { id: "url", secret: BYTES.toString("base64url") },
  ];
  const keys = await readKeys(sources, { KEY: BYTES.toString("base64") });
  for (const { secret } of keys) assert.deepEqual(Buffer.from(secret), BYTES);
  assert.deepEqual(
    keys.map(({ id }) => id),
    ["file", "env", "url"],
  );
});

test("a key that is missing or no key is named with what is expected, and not shown", async () => {
  const how = "expected 32 bytes in hex or base64, such as `openssl rand -hex 32` prints";
  await assert.rejects(readKeys([{ id: "a", secretFile: "/does/not/exist" }], {}), {
    name: "SettingError",
    message: "tokens.keys[0].secretFile: cannot read /does/not/exist: ENOENT",
  });
  await assert.rejects(readKeys([{ id: "a", secretEnv: "NOPE" }], {}), {
    message: `tokens.keys[0].secretEnv: NOPE is not set; ${how}`,
  });
  for (const secret of ["hunter2", HEX.slice(2), `${HEX}00`]) {
    await assert.rejects(readKeys([{ id: "a", secret }], {}), {
      message: `tokens.keys[0]: key a is no key; ${how}`,
    });
  }
});
