import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { preview } from "./mini-engine/index.ts";

const projectDir = path.join(import.meta.dirname, "test-program");

/** Milliseconds that a preview of so many endpoints takes, and the resources in it. */
async function previewed(count: number) {
  const started = performance.now();
  const { exitCode, resources } = await preview({
    projectDir,
    main: "many.ts",
    stack: "dev",
    config: { count },
    world: { zones: ["example.com"] },
  });
  assert.equal(exitCode, 0);
  return { ms: performance.now() - started, resources: resources.length };
}

test("the time of a preview grows with the number of endpoints and no faster", async (t) => {
  await previewed(1);
  const one = await previewed(1);
  const some = await previewed(20);
  const many = await previewed(100);
  // Eight resources an endpoint, and the stack itself.
  const each = some.resources - one.resources;
  assert.equal(many.resources - one.resources, (each / 19) * 99);
  const perSome = (some.ms - one.ms) / 19;
  const perMany = (many.ms - one.ms) / 99;
  t.diagnostic(
    `1, 20 and 100 endpoints: ${one.ms.toFixed(0)}, ${some.ms.toFixed(0)} and ${many.ms.toFixed(0)} ms; ${perMany.toFixed(1)} ms each`,
  );
  assert.ok(perMany < 3 * perSome, `${perMany} ms each of 100, ${perSome} each of 20`);
});
