import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { svg } from "./plot.ts";
import { markdown, type Report, withSummary } from "./report.ts";

const root = join(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(join(root, file), "utf8");
const report: Report = JSON.parse(read("docs/bench/bench.json"));

test("docs/bench shows what bench.json holds", () => {
  assert.equal(read("docs/bench/README.md"), markdown(report));
  assert.equal(read("docs/bench/bench.svg"), svg(report));
});

test("the README quotes bench.json", () => {
  const page = read("README.md");
  assert.equal(page, withSummary(page, report));
});

test("what is published comes from a whole run, and names no host and no folder", () => {
  assert.doesNotMatch(report.command, /--(quick|netem|out)/);
  for (const { name, results, failed } of report.compared.paths) {
    assert.equal(failed, undefined, name);
    assert.ok(
      Object.values(results).every((rounds) => rounds.length >= 3),
      name,
    );
  }
  assert.doesNotMatch(JSON.stringify(report), /\/(root|home|tmp|work|Users)\b/);
});
