import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

const compiler = ["/usr/bin/cc", "/usr/local/bin/cc"].some((file) => existsSync(file));

test("the bench measures every path, and each lets packets through", {
  skip: compiler ? false : "no C compiler for the load generator",
}, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    path.join(import.meta.dirname, "main.ts"),
    ...["--rounds", "1", "--seconds", "0.3", "--sessions", "20", "--json"],
  ]);
  const rounds = JSON.parse(stdout);
  assert.deepEqual(Object.keys(rounds), ["routing", "sockets", "kernel"]);
  for (const [name, [measured]] of Object.entries<{ packetsPerSecond: number; p50: number }[]>(
    rounds,
  )) {
    assert.ok(measured, name);
    assert.ok(measured.packetsPerSecond > 100, `${name}: ${measured.packetsPerSecond} packets/s`);
    assert.ok(measured.p50 > 1 && measured.p50 < 100_000, `${name}: ${measured.p50} µs`);
  }
});
