import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { loadLazily } from "./lazy.ts";

const folder = mkdtempSync(path.join(tmpdir(), "lazy-"));
after(() => rmSync(folder, { recursive: true }));

const loads: string[] = [];
(globalThis as Record<string, unknown>).loadsOfLazyTest = loads;

function write(file: string, text: string): string {
  const full = path.join(folder, file);
  mkdirSync(path.dirname(full), { recursive: true });
  writeFileSync(full, text);
  return full;
}

write("node_modules/heavy/index.js", "loadsOfLazyTest.push('heavy'); exports.answer = 42;");
const inside = write("sdk/inside.js", "exports.heavy = require('heavy');");
const outside = write("outside.js", "exports.heavy = require('heavy');");
const missing = write("sdk/missing.js", "exports.absent = require('absent-of-lazy-test');");
const require = createRequire(path.join(folder, "main.js"));

test("a module is loaded at first use, once, and only for the folder", () => {
  const back = loadLazily(new Set(["heavy", "absent-of-lazy-test"]), "/sdk/");
  const { heavy } = require(inside);
  assert.deepEqual(loads, []);
  assert.equal(heavy.__esModule, true);
  assert.deepEqual(loads, []);
  assert.equal(heavy.answer, 42);
  assert.equal(heavy.answer, 42);
  assert.deepEqual(loads, ["heavy"]);
  assert.equal(require(outside).heavy, require("heavy"), "another asker has the module itself");
  assert.throws(() => require(missing), { code: "MODULE_NOT_FOUND" });
  back();
  delete require.cache[inside];
  assert.equal(require(inside).heavy, require("heavy"));
});
