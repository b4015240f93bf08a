import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { configMistakes, directorConfigSchema } from "./config/schema.ts";

const SRC = import.meta.dirname;

const sourcesOf = (folder: string): string[] =>
  readdirSync(join(SRC, folder))
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && name !== "testing.ts")
    .map((name) => join(SRC, folder, name));

const read = (path: string) => readFileSync(path, "utf8");

/** What a file imports at run time; `import type` vanishes. */
const importsOf = (path: string): string[] =>
  [...read(path).matchAll(/^(?:import|export) (?!type )(?:[\s\S]*?from )?"([^"]+)";$/gm)].map(
    ([, from]) => from ?? "",
  );

/** Packages and Node modules that a file needs, through all its relative imports. */
function externals(path: string, seen = new Set<string>()): Set<string> {
  const found = new Set<string>();
  if (seen.has(path)) return found;
  seen.add(path);
  for (const from of importsOf(path)) {
    if (!from.startsWith(".")) found.add(from);
    else for (const one of externals(resolve(dirname(path), from), seen)) found.add(one);
  }
  return found;
}

/** Pure packages: the grammar of configurations, and the languages that select backends. */
const PURE = ["zod", "json-p3", "@marcbachmann/cel-js"];

test("the core needs pure packages only: no sockets, files, timers, clock or randomness", () => {
  for (const folder of ["protocol", "protection", "sessions", "selection"]) {
    for (const path of sourcesOf(folder)) {
      for (const external of externals(path)) assert.ok(PURE.includes(external), path);
      const impure = /\b(?:Date|Math\.random|performance|setTimeout|setInterval|process|crypto)\b/;
      const code = read(path).replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
      assert.doesNotMatch(code, impure, path);
    }
  }
});

test("the configuration schemas can be imported for the price of pure packages", () => {
  assert.deepEqual([...externals(join(SRC, "directory/schema.ts"))], ["zod"]);
  for (const external of externals(join(SRC, "config/schema.ts"))) {
    assert.ok(PURE.includes(external), external);
  }
});

test("only main.ts and the command line read the environment and handle signals", () => {
  const folders = readdirSync(SRC, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const outside = folders.map(({ name }) => name).filter((name) => name !== "cli");
  for (const path of [join(SRC, "director.ts"), ...outside.flatMap(sourcesOf)]) {
    assert.doesNotMatch(read(path), /\bprocess\b(?!es)\.(?:env|on|once|argv|exit)/, path);
  }
});

test("the README's configuration is valid", () => {
  const readme = read(join(SRC, "..", "README.md"));
  const yaml = /```yaml\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
  const result = directorConfigSchema.safeParse(parse(yaml));
  assert.ok(result.success, result.success ? "" : configMistakes(result.error).join("\n"));
});
