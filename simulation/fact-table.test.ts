import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { allFacts, factTable } from "./fact-table.ts";
import { simulatedClouds } from "./providers/index.ts";

const page = readFileSync(path.resolve(import.meta.dirname, "..", "docs", "simulation.md"), "utf8");

test("docs/simulation.md lists every rule as the code has it", () => {
  const listed = page.split("<!-- facts -->\n")[1];
  assert.equal(listed, `${factTable()}\n`, "run: node simulation/fact-table.ts");
});

test("docs/simulation.md names every resource and function, and no other", () => {
  const listed = [...page.matchAll(/^\| `([^`]+:[^`]+)` \|/gm)].map(([, token]) => token).sort();
  const simulated = simulatedClouds.flatMap(({ models, functions }) => [
    ...models.map(({ type }) => type),
    ...Object.keys(functions),
  ]);
  assert.deepEqual(listed, simulated.sort());
});

test("every rule says what happens in a sentence and names its source", () => {
  for (const { id, says, source } of allFacts()) {
    assert.match(id, /^(aks|aws|azure|cloudflare|digitalocean|kubernetes)(-[a-z]+)+$/);
    assert.match(says, /^\S.{15,}\.$/, id);
    assert.ok(source.length > 10, id);
  }
});
