import { readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { sourceFiles } from "../../scripts/testing/source-folders.ts";

const root = path.resolve(import.meta.dirname, "../..");

/** A source file with its path from the repository's root, with `/`. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/** Every TypeScript file of the repository. */
export function repositorySources(): readonly Source[] {
  return sourceFiles(root, ".ts").map((file) => ({
    path: file,
    text: readFileSync(path.join(root, file), "utf8"),
  }));
}

/** True for what only tests load: tests, and the helpers in folders named `testing`. */
export function isTest({ path }: Source): boolean {
  return path.endsWith(".test.ts") || path.startsWith("test/") || path.includes("/testing/");
}

/** Everything that a file imports or exports from: static, dynamic, types and values alike. */
export function importsOf(source: Source): readonly string[] {
  const { importedFiles } = ts.preProcessFile(source.text, true, true);
  return importedFiles.map(({ fileName }) => fileName);
}

/**
 * Where an import leads: a path within the repository for relative ones and for its own packages,
 * else the specifier itself.
 */
export function target(source: Source, specifier: string): string {
  if (specifier.startsWith(".")) {
    return path.posix.join(path.posix.dirname(source.path), specifier);
  }
  return specifier.replace(/^pulumi-udp\//, "components/");
}

export function parse(source: Source): ts.SourceFile {
  return ts.createSourceFile(source.path, source.text, ts.ScriptTarget.ESNext, true);
}

/** Every node below a node, itself included. */
export function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node;
  for (const child of node.getChildren()) {
    yield* nodesOf(child);
  }
}

/** `path:line`, for messages. */
export function place(source: Source, node: ts.Node): string {
  const { line } = node.getSourceFile().getLineAndCharacterOfPosition(node.getStart());
  return `${source.path}:${line + 1}`;
}
