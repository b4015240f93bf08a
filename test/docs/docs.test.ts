import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import ts from "typescript";
import { codeBlocks, npmScripts, relativeLinks } from "./markdown.ts";

const root = path.resolve(import.meta.dirname, "../..");
const pages = globSync(
  "{*.md,docs/**/*.md,components/**/*.md,plugin/**/*.md,policy/**/*.md,udp-director/**/*.md,simulation/**/*.md}",
  {
    cwd: root,
    exclude: (name) => name === "node_modules",
  },
).map((file) => ({ file, text: readFileSync(path.join(root, file), "utf8") }));

test("every relative link of every page leads somewhere", () => {
  const broken = pages.flatMap(({ file, text }) =>
    relativeLinks(text)
      .filter((target) => !existsSync(path.join(root, path.dirname(file), target)))
      .map((target) => `${file}: ${target}`),
  );
  assert.deepEqual(broken, []);
});

test("every npm script that a page names exists", () => {
  const { scripts } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
  const missing = pages.flatMap(({ file, text }) =>
    npmScripts(text)
      .filter((name) => scripts[name] === undefined)
      .map((name) => `${file}: npm run ${name}`),
  );
  assert.deepEqual(missing, []);
});

test("every TypeScript example compiles against the packages", () => {
  const examples = pages.flatMap(({ file, text }) =>
    codeBlocks(text)
      .filter(({ language }) => language === "ts")
      .map(({ line, text: code }) => ({ name: `${file}:${line}`, code })),
  );
  assert.notEqual(examples.length, 0);
  assert.deepEqual(typeErrors(examples), []);
});

test("the checks can fail", () => {
  assert.deepEqual(relativeLinks("[a](b.md#c) [d](https://e) `[f](g)`"), ["b.md", "g"]);
  assert.deepEqual(npmScripts("`npm run up` and npm run preview -- debug"), ["up", "preview"]);
  assert.deepEqual(
    codeBlocks("x\n```ts\nlet a;\n```\n").map(({ language, text }) => [language, text]),
    [["ts", "let a;"]],
  );
  const twice = ["const a = 1;", "const a = 2;"].map((code) => ({ name: code, code }));
  assert.deepEqual(typeErrors(twice), []);
  const wrong = { name: "wrong", code: 'export const port: number = "x";' };
  assert.match(typeErrors([wrong])[0] ?? "", /^wrong: Type 'string' is not assignable/);
});

/** Type-checks snippets as if each were a module in the repository's root. */
function typeErrors(examples: readonly { name: string; code: string }[]): string[] {
  const config = ts.readConfigFile(path.join(root, "tsconfig.json"), ts.sys.readFile).config;
  const parsed = ts.parseJsonConfigFileContent(config, ts.sys, root);
  // Snippets without an import share no names either.
  const options = { ...parsed.options, moduleDetection: ts.ModuleDetectionKind.Force };
  const names = new Map(
    examples.map((example, index) => [path.join(root, `example-${index}.ts`), example]),
  );
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (file) => names.has(file) || fileExists.call(host, file);
  host.readFile = (file) => names.get(file)?.code ?? readFile.call(host, file);
  host.getSourceFile = (file, language, ...rest) => {
    const example = names.get(file);
    return example
      ? ts.createSourceFile(file, example.code, language, true)
      : getSourceFile.call(host, file, language, ...rest);
  };
  const program = ts.createProgram([...names.keys()], options, host);
  return ts.getPreEmitDiagnostics(program).map((diagnostic) => {
    const example = names.get(diagnostic.file?.fileName ?? "");
    const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n");
    return `${example?.name ?? diagnostic.file?.fileName}: ${message}`;
  });
}
