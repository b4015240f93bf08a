import ts from "typescript";
import type { ObjectShape, Shape } from "./shape.ts";

/**
 * Reads interfaces out of an SDK's declaration file by syntax alone: no type checker, which would
 * need seconds and gigabytes for these packages.
 *
 * @returns Each interface by its name, qualified by the namespaces around it.
 */
export function interfacesOf(text: string): Map<string, ObjectShape> {
  const file = ts.createSourceFile("sdk.d.ts", text, ts.ScriptTarget.Latest, false);
  const found = new Map<string, ObjectShape>();
  const visit = (node: ts.Node, prefix: string): void => {
    if (ts.isModuleDeclaration(node)) {
      node.body?.forEachChild((child) => {
        visit(child, `${prefix}${node.name.text}.`);
      });
    } else if (ts.isInterfaceDeclaration(node)) {
      found.set(`${prefix}${node.name.text}`, objectShape(node));
    }
  };
  file.forEachChild((node) => {
    visit(node, "");
  });
  return found;
}

function objectShape(node: ts.InterfaceDeclaration): ObjectShape {
  return Object.fromEntries(
    node.members.flatMap((member) => {
      if (!ts.isPropertySignature(member) || member.type === undefined) {
        return [];
      }
      const name = ts.isIdentifier(member.name) || ts.isStringLiteral(member.name);
      return name
        ? [
            [
              (member.name as ts.Identifier | ts.StringLiteral).text,
              { shape: shapeOf(member.type), required: member.questionToken === undefined },
            ],
          ]
        : [];
    }),
  );
}

function shapeOf(type: ts.TypeNode): Shape {
  switch (type.kind) {
    case ts.SyntaxKind.StringKeyword:
      return { kind: "string" };
    case ts.SyntaxKind.NumberKeyword:
      return { kind: "number" };
    case ts.SyntaxKind.BooleanKeyword:
      return { kind: "boolean" };
  }
  if (ts.isArrayTypeNode(type)) {
    return { kind: "list", of: shapeOf(type.elementType) };
  }
  if (ts.isUnionTypeNode(type)) {
    return unionOf(type.types.filter((part) => part.kind !== ts.SyntaxKind.UndefinedKeyword));
  }
  if (ts.isLiteralTypeNode(type)) {
    return ts.isStringLiteral(type.literal) ? { kind: "string" } : { kind: "any" };
  }
  if (ts.isTypeLiteralNode(type)) {
    const index = type.members.find(ts.isIndexSignatureDeclaration);
    return index === undefined ? { kind: "any" } : { kind: "map", of: shapeOf(index.type) };
  }
  if (ts.isTypeReferenceNode(type)) {
    return referenced(type);
  }
  return { kind: "any" };
}

function unionOf(types: readonly ts.TypeNode[]): Shape {
  const [first, ...others] = types.map(shapeOf);
  if (first === undefined) {
    return { kind: "any" };
  }
  return others.length === 0 ? first : { kind: "union", of: [first, ...others] };
}

/** `pulumi.Input<T>`, `inputs.network.X`, `enums.network.Y`; anything else is not checked. */
function referenced(type: ts.TypeReferenceNode): Shape {
  const parts = nameParts(type.typeName);
  const [argument] = type.typeArguments ?? [];
  if (parts.at(-1) === "Input" && argument !== undefined) {
    return shapeOf(argument);
  }
  if (parts[0] === "inputs") {
    return { kind: "object", name: parts.slice(1).join(".") };
  }
  return parts[0] === "enums" ? { kind: "string" } : { kind: "any" };
}

function nameParts(name: ts.EntityName): string[] {
  return ts.isIdentifier(name) ? [name.text] : [...nameParts(name.left), name.right.text];
}
