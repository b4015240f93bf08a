import assert from "node:assert/strict";
import { globSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { sourceFiles } from "./source-folders.ts";

const root = path.resolve(import.meta.dirname, "../..");

test("no folder's tests are left out", () => {
  const all = globSync("**/*.test.ts", {
    cwd: root,
    exclude: (name) => name === "node_modules" || name.startsWith("."),
  });
  assert.deepEqual(
    sourceFiles(root, ".test.ts"),
    all.map((file) => file.split(path.sep).join("/")).sort(),
  );
});
