import { globSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { described, type PropertySpec, TypeTable } from "./types.ts";

/** A component as the schema of a package has it. */
export interface ComponentSpec {
  readonly description?: string;
  readonly isComponent: true;
  readonly inputProperties: Record<string, PropertySpec>;
  readonly requiredInputs: readonly string[];
  readonly properties: Record<string, PropertySpec>;
  readonly required: readonly string[];
}

export interface Analyzed {
  readonly resources: Readonly<Record<string, ComponentSpec>>;
  readonly types: TypeTable["named"];
}

/**
 * Every component that the library's entry points export, and the types of what goes in and comes
 * out of them, read from the sources.
 *
 * @param library Folder of the library, whose folders are its entry points.
 * @param packageName First part of the tokens.
 */
export function analyze(library: string, packageName: string): Analyzed {
  const config = path.join(library, "..", "tsconfig.json");
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(config, ts.sys.readFile).config,
    ts.sys,
    path.dirname(config),
  );
  const entries = globSync("*/index.ts", { cwd: library }).toSorted();
  // Only the library's own declarations are read: the SDKs of clouds would take ten times as long.
  const own = { ...options, noLib: true, types: [] };
  const host = ts.createCompilerHost(own);
  host.resolveModuleNameLiterals = (literals, file) =>
    literals.map(({ text }) =>
      text.startsWith(".")
        ? ts.resolveModuleName(text, file, own, host)
        : { resolvedModule: undefined },
    );
  const program = ts.createProgram(
    entries.map((entry) => path.join(library, entry)),
    own,
    host,
  );
  const checker = program.getTypeChecker();
  const token = (declaration: ts.Node, name: string): string => {
    const [folder] = path.relative(library, declaration.getSourceFile().fileName).split(path.sep);
    return `${packageName}:${folder}:${name}`;
  };
  // SDKs end the names of what goes in with Args themselves.
  const table = new TypeTable(checker, (node, name) => token(node, name.replace(/Args$/, "")));
  const found = new Map<ts.Symbol, ts.ClassDeclaration>();
  for (const entry of entries) {
    const file = program.getSourceFile(path.join(library, entry));
    const module = file && checker.getSymbolAtLocation(file);
    for (const exported of module === undefined ? [] : checker.getExportsOfModule(module)) {
      const symbol =
        (exported.flags & ts.SymbolFlags.Alias) === 0
          ? exported
          : checker.getAliasedSymbol(exported);
      if (symbol.valueDeclaration !== undefined && isComponent(symbol.valueDeclaration)) {
        found.set(symbol, symbol.valueDeclaration);
      }
    }
  }
  // What comes out of any component first: it decides how types that go both ways are written.
  const outputs = new Map(
    [...found].map(([symbol, node]) => [symbol, outputsOf(node, symbol, checker, table)]),
  );
  const resources = [...found].map(([symbol, node]) => [
    token(node, symbol.name),
    {
      ...described(symbol, checker),
      isComponent: true,
      ...inputsOf(node, checker, table),
      ...outputs.get(symbol),
    },
  ]);
  return { resources: sorted(Object.fromEntries(resources)), types: sorted(table.named) };
}

function isComponent(node: ts.Declaration): node is ts.ClassDeclaration {
  return (
    ts.isClassDeclaration(node) &&
    (node.heritageClauses ?? []).some(({ types }) =>
      types.some(({ expression }) => /(^|\.)ComponentResource$/.test(expression.getText())),
    )
  );
}

function inputsOf(declaration: ts.ClassDeclaration, checker: ts.TypeChecker, table: TypeTable) {
  const args = declaration.members.find(ts.isConstructorDeclaration)?.parameters[1]?.type;
  if (args === undefined) {
    throw new Error(`${declaration.name?.text} has no constructor with arguments`);
  }
  const { properties, required } = table.object(checker.getTypeFromTypeNode(args), args.getText());
  return { inputProperties: properties, requiredInputs: required };
}

function outputsOf(
  declaration: ts.ClassDeclaration,
  { name }: ts.Symbol,
  checker: ts.TypeChecker,
  table: TypeTable,
) {
  const properties: Record<string, PropertySpec> = {};
  const required: string[] = [];
  for (const member of declaration.members.filter(ts.isPropertyDeclaration)) {
    const hidden =
      ts.isPrivateIdentifier(member.name) ||
      (ts.getCombinedModifierFlags(member) & ts.ModifierFlags.NonPublicAccessibilityModifier) !== 0;
    const symbol = checker.getSymbolAtLocation(member.name);
    if (hidden || symbol === undefined || member.type === undefined) {
      continue;
    }
    const place = { plain: false, output: true, owner: name, property: symbol.name };
    properties[symbol.name] = {
      ...described(symbol, checker),
      ...table.spec(member.type, place),
    };
    if (member.questionToken === undefined) {
      required.push(symbol.name);
    }
  }
  return { properties: sorted(properties), required: required.toSorted() };
}

function sorted<T>(map: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}
