import assert from "node:assert/strict";
import { test } from "node:test";
import { publishedManifest } from "./manifest.ts";

const base = { name: "x", version: "1.0.0" };

test("what led to TypeScript leads to JavaScript and its types", () => {
  const { main, bin, exports, devDependencies, files } = publishedManifest(
    {
      ...base,
      main: "index.js",
      bin: { x: "bin/x.js" },
      exports: { "./schema": "./src/schema.ts", "./package.json": "./package.json" },
      devDependencies: { y: "1.0.0" },
    },
    [],
    ["**/*"],
  );
  assert.equal(main, "./dist/index.js");
  assert.deepEqual(bin, { x: "./dist/bin/x.js" });
  assert.deepEqual(exports, {
    "./schema": { types: "./dist/src/schema.d.ts", default: "./dist/src/schema.js" },
    "./package.json": "./package.json",
  });
  assert.equal(devDependencies, undefined);
  assert.deepEqual(files, ["**/*"]);
});

test("a pattern becomes one export for each entry, in both ways that compilers find types", () => {
  const { exports, typesVersions } = publishedManifest(
    { ...base, exports: { "./*": "./*/index.ts" } },
    ["aks", "aws"],
    [],
  );
  assert.deepEqual(Object.keys(exports ?? {}), ["./aks", "./aws"]);
  assert.deepEqual(exports?.["./aws"], {
    types: "./dist/aws/index.d.ts",
    default: "./dist/aws/index.js",
  });
  assert.deepEqual(typesVersions, {
    "*": { aks: ["./dist/aks/index.d.ts"], aws: ["./dist/aws/index.d.ts"] },
  });
});
