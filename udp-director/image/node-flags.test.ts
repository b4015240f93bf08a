import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { NODE_FLAGS } from "../src/node-flags.ts";

const read = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), "utf8");

test("the command and the Dockerfile start Node with the flags", () => {
  const [first] = read("bin/udp-director.js").split("\n");
  assert.equal(first, `#!/usr/bin/env -S node ${NODE_FLAGS.join(" ")}`);
  const entry = /^ENTRYPOINT (.*)$/m.exec(read("Dockerfile"))?.[1] ?? "[]";
  assert.deepEqual(JSON.parse(entry), [
    "node",
    ...NODE_FLAGS,
    "/app/udp-director/bin/udp-director.js",
  ]);
});
