import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { bench, SHORTEST } from "./bench.ts";

const compiler = ["/usr/bin/cc", "/usr/local/bin/cc"].some((file) => existsSync(file));

test("the bench measures every data path and every cost, and writes what it found", {
  skip: compiler ? false : "no C compiler for the load generator",
}, async (t) => {
  const out = await mkdtemp(join(tmpdir(), "bench-out-"));
  t.after(() => rm(out, { recursive: true, force: true }));
  const { compared, streams, costs, offered } = await bench({
    ...{ scale: SHORTEST, peers: {}, out, command: "a test" },
    progress: () => undefined,
  });
  const names = compared.paths.map(({ name }) => name);
  for (const name of ["routing", "director: kernel", "director: sockets"]) {
    assert.ok(names.includes(name), names.join(", "));
  }
  for (const { name, results, failed } of compared.paths) {
    assert.equal(failed, undefined, name);
    for (const { name: one, sessions } of compared.cases) {
      const [measured] = results[one] ?? [];
      assert.ok(measured && measured.received > 0, `${name}, ${one}: packets come back`);
      assert.equal(measured.established, sessions, `${name}, ${one}: every session is answered`);
      assert.ok(measured.p50 > 1 && measured.p50 <= measured.p99, `${name}, ${one}`);
    }
  }
  for (const { name, results, failed } of streams.paths) {
    assert.equal(failed, undefined, name);
    for (const { name: one } of streams.cases) {
      const [measured] = results[one] ?? [];
      assert.ok(measured && measured.received > 0, `${name}, ${one}: bytes come back`);
      assert.equal(measured.sent, measured.received, `${name}, ${one}: no connection breaks`);
    }
  }
  assert.deepEqual(
    streams.paths.map(({ name }) => name),
    ["routing", "director"],
  );
  assert.ok(offered > 1000, `${offered} packets/s offered`);
  for (const { what, value } of costs) assert.ok(Number.isFinite(value), what);
  const moved = costs.find(({ what }) => what === "move of a session (kernel)");
  assert.ok(moved && moved.value < 1000, "sessions move");
  assert.equal(costs.find(({ what }) => what.endsWith("failed"))?.value, 0);
  assert.match(await readFile(join(out, "README.md"), "utf8"), /\| director: kernel \|/);
  assert.match(await readFile(join(out, "bench.svg"), "utf8"), /^<svg .*<\/svg>\s*$/s);
  const written = JSON.parse(await readFile(join(out, "bench.json"), "utf8"));
  assert.deepEqual(Object.keys(written.compared), ["cases", "paths"]);
});
