import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import ts from "typescript";

test("the page's modules agree with the shapes of the API", () => {
  const file = join(import.meta.dirname, "tsconfig.json");
  const { config } = ts.readConfigFile(file, ts.sys.readFile);
  const { options, fileNames } = ts.parseJsonConfigFileContent(
    config,
    ts.sys,
    import.meta.dirname,
    undefined,
    file,
  );
  assert.ok(fileNames.some((name) => name.endsWith("main.js")));
  const mistakes = ts
    .getPreEmitDiagnostics(ts.createProgram(fileNames, options))
    .map(({ file: at, messageText }) => `${at?.fileName}: ${JSON.stringify(messageText)}`);
  assert.deepEqual(mistakes, []);
});
