import ts from "typescript";
import { isTest, nodesOf, parse, place, type Source } from "./source.ts";

/** Names of the classes, anywhere in the given sources, that make resources. */
export function resourceClasses(sources: readonly Source[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const source of sources) {
    for (const statement of parse(source).statements) {
      if (ts.isClassDeclaration(statement) && /Resource$/.test(baseOf(statement))) {
        names.add(statement.name?.text ?? "");
      }
      // What an SDK exports in capitals are its resources.
      if (
        ts.isImportDeclaration(statement) &&
        /^"@pulumi\/(?!pulumi["/])/.test(statement.moduleSpecifier.getText())
      ) {
        for (const name of namedImports(statement)) {
          if (/^[A-Z]/.test(name)) {
            names.add(name);
          }
        }
      }
    }
  }
  return names;
}

/**
 * What every component keeps to: it registers its outputs, its children are its own and carry its
 * name, look-ups go to its providers, and each input and output says what it is.
 */
export function componentMistakes(source: Source, resources: ReadonlySet<string>): string[] {
  if (!source.path.startsWith("components/") || isTest(source)) {
    return [];
  }
  const found: string[] = [];
  for (const node of nodesOf(parse(source))) {
    if (ts.isClassDeclaration(node) && /ComponentResource$/.test(baseOf(node))) {
      found.push(...componentClass(source, node, resources));
    }
    if (ts.isInterfaceDeclaration(node) && /Args$/.test(node.name.text) && exported(node)) {
      found.push(...undocumented(source, node.name.text, node.members));
    }
  }
  return found;
}

function componentClass(
  source: Source,
  component: ts.ClassDeclaration,
  resources: ReadonlySet<string>,
): string[] {
  const name = component.name?.text ?? "(unnamed)";
  const found: string[] = [];
  const calls = [...nodesOf(component)].filter(ts.isCallExpression);
  if (!calls.some((call) => call.expression.getText() === "this.registerOutputs")) {
    found.push(`${place(source, component)} ${name} never calls this.registerOutputs`);
  }
  if (documentation(component) === "") {
    found.push(`${place(source, component)} ${name} has no doc comment`);
  }
  const outputs = component.members.filter(
    (member) => ts.isPropertyDeclaration(member) && !ts.isPrivateIdentifier(member.name),
  );
  found.push(...undocumented(source, name, outputs));

  for (const made of [...nodesOf(component)].filter(ts.isNewExpression)) {
    if (resources.has(made.expression.getText())) {
      found.push(...child(source, made));
    }
  }
  for (const call of calls) {
    const isLookUp = /^(get|list)[A-Z]\w*Output$/.test(call.expression.getText());
    if (isLookUp && !parentedToThis(call.arguments.at(-1))) {
      found.push(
        `${place(source, call)} ${call.expression.getText()} lacks { parent: this }, and with it the component's provider`,
      );
    }
  }
  return found;
}

function child(source: Source, made: ts.NewExpression): string[] {
  const what = `${place(source, made)} new ${made.expression.getText()}`;
  const found: string[] = [];
  if (!parentedToThis(made.arguments?.at(-1))) {
    found.push(`${what} lacks { parent: this }`);
  }
  const [name] = made.arguments ?? [];
  if (name === undefined || !/^(?:shortName\()?`\$\{name\}-/.test(name.getText())) {
    found.push(`${what} is not named \`\${name}-…\``);
  }
  return found;
}

/** True for `{ parent: this, … }`, also inside mergeOptions or another call. */
function parentedToThis(options: ts.Node | undefined): boolean {
  return (
    options !== undefined &&
    [...nodesOf(options)].some(
      (node) =>
        ts.isPropertyAssignment(node) &&
        node.name.getText() === "parent" &&
        node.initializer.kind === ts.SyntaxKind.ThisKeyword,
    )
  );
}

function undocumented(source: Source, owner: string, members: Iterable<ts.Node>): string[] {
  const found: string[] = [];
  for (const member of members) {
    if (documentation(member) === "") {
      const name = (member as ts.PropertySignature).name?.getText() ?? member.getText();
      found.push(`${place(source, member)} ${owner}.${name} has no doc comment`);
    }
  }
  return found;
}

/** Text of the comment that starts with two stars, right before a declaration. */
function documentation(node: ts.Node): string {
  return ts
    .getJSDocCommentsAndTags(node)
    .filter(ts.isJSDoc)
    .map((doc) => ts.getTextOfJSDocComment(doc.comment) ?? "")
    .join("")
    .trim();
}

function baseOf(declaration: ts.ClassDeclaration): string {
  const clause = declaration.heritageClauses?.find(
    ({ token }) => token === ts.SyntaxKind.ExtendsKeyword,
  );
  return clause?.types[0]?.expression.getText() ?? "";
}

function namedImports(declaration: ts.ImportDeclaration): readonly string[] {
  const bindings = declaration.importClause?.namedBindings;
  return bindings !== undefined && ts.isNamedImports(bindings)
    ? bindings.elements.map(({ name }) => name.text)
    : [];
}

function exported(node: ts.InterfaceDeclaration): boolean {
  return node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false;
}
