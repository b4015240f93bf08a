import ts from "typescript";

/** A type as Pulumi's schema writes it (https://www.pulumi.com/docs/iac/guides/building-extending/packages/schema/). */
export interface TypeSpec {
  type?: "string" | "integer" | "number" | "boolean" | "array" | "object";
  $ref?: string;
  items?: TypeSpec;
  additionalProperties?: TypeSpec;
  /** The library needs the value at once: it is no `Input`. */
  plain?: true;
}

export interface PropertySpec extends TypeSpec {
  description?: string;
}

export interface ObjectSpec {
  description?: string;
  type: "object";
  properties: Record<string, PropertySpec>;
  required: string[];
}

export interface EnumSpec {
  description?: string;
  type: "string";
  enum: { name: string; value: string; description?: string }[];
}

/** Where a type was met, for messages and for types that have no name of their own. */
export interface Place {
  /** `true` where the value must be known at once: outside of any `Input` or `Output`. */
  readonly plain: boolean;
  /**
   * Among what comes out of components. Choices are plain text there: a YAML program may not hand
   * a choice on to an input of the same choice (pulumi-yaml 1.25 takes it for another type).
   */
  readonly output: boolean;
  /** Component or interface, and property: `AksUdpLoadBalancerArgs.ports`. */
  readonly owner: string;
  readonly property: string;
}

/** Any value; what is in it is checked by the component itself. */
const ANY: TypeSpec = { $ref: "pulumi.json#/Any" };
/**
 * Parts of the director's configuration, which are trees with choices in them that Pulumi's schema
 * cannot express. The components check them with the director's own schemas.
 */
const FREE_FORM: Readonly<Record<string, TypeSpec>> = {
  DirectorConfigArgs: ANY,
  DirectorConfigInput: ANY,
  DirectoryHealthArgs: { ...ANY, plain: true },
};
/** Numbers that need not be whole. Every other number of the library is. */
const FRACTIONS = new Set(["perSecond"]);

/**
 * Turns type nodes into types of a schema, and keeps the named ones that it meets. By the nodes and
 * not by the checker's types: those have lost the names of choices (`as const` objects).
 */
export class TypeTable {
  readonly named: Record<string, ObjectSpec | EnumSpec> = {};
  readonly #checker: ts.TypeChecker;
  readonly #tokenOf: (declaration: ts.Node, name: string) => string;

  /** @param tokenOf The token of a declared type, such as `pulumi-udp:endpoint:Endpoint`. */
  constructor(checker: ts.TypeChecker, tokenOf: (declaration: ts.Node, name: string) => string) {
    this.#checker = checker;
    this.#tokenOf = tokenOf;
  }

  /** Properties of an interface, inherited ones as well, in the order of their names. */
  object(type: ts.Type, owner: string, output = false): ObjectSpec {
    const properties: Record<string, PropertySpec> = {};
    const required: string[] = [];
    for (const symbol of type.getProperties().toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const declaration = symbol.valueDeclaration;
      if (
        declaration === undefined ||
        !(ts.isPropertySignature(declaration) || ts.isPropertyDeclaration(declaration)) ||
        declaration.type === undefined
      ) {
        throw new Error(`${owner}.${symbol.name} is no property with a type`);
      }
      const place = { plain: true, output, owner, property: symbol.name };
      properties[symbol.name] = {
        ...described(symbol, this.#checker),
        ...this.spec(declaration.type, place),
      };
      if ((symbol.flags & ts.SymbolFlags.Optional) === 0) {
        required.push(symbol.name);
      }
    }
    return { type: "object", properties, required };
  }

  spec(node: ts.TypeNode, place: Place): TypeSpec {
    const marked = (spec: TypeSpec): TypeSpec => (place.plain ? { ...spec, plain: true } : spec);
    if (ts.isParenthesizedTypeNode(node) || ts.isTypeOperatorNode(node)) {
      return this.spec(node.type, place);
    }
    switch (node.kind) {
      case ts.SyntaxKind.StringKeyword:
        return marked({ type: "string" });
      case ts.SyntaxKind.BooleanKeyword:
        return marked({ type: "boolean" });
      case ts.SyntaxKind.NumberKeyword:
        return marked({ type: FRACTIONS.has(place.property) ? "number" : "integer" });
      case ts.SyntaxKind.UnknownKeyword:
        return ANY;
    }
    if (ts.isArrayTypeNode(node)) {
      return marked({ type: "array", items: this.spec(node.elementType, place) });
    }
    if (ts.isTypeLiteralNode(node)) {
      const name = `${place.owner.replace(/Args$/, "")}${capital(place.property)}`;
      return marked(this.#reference(node, name, this.#checker.getTypeFromTypeNode(node), place));
    }
    if (ts.isTypeReferenceNode(node)) {
      return this.#named(node, place, marked);
    }
    throw new Error(
      `${place.owner}.${place.property}: no schema has a type such as ${node.getText()}`,
    );
  }

  #named(node: ts.TypeReferenceNode, place: Place, marked: (spec: TypeSpec) => TypeSpec): TypeSpec {
    const name = ts.isQualifiedName(node.typeName) ? node.typeName.right.text : node.typeName.text;
    const [first, second] = node.typeArguments ?? [];
    if ((name === "Input" || name === "Output") && first !== undefined) {
      return this.spec(first, { ...place, plain: false });
    }
    if (name === "Readonly" && first !== undefined) {
      return this.spec(first, place);
    }
    if (name === "Record" && second !== undefined) {
      return marked({ type: "object", additionalProperties: this.spec(second, place) });
    }
    const free = FREE_FORM[name === "Omit" ? (first?.getText() ?? "") : name];
    if (free !== undefined) {
      return marked({ type: "object", additionalProperties: free });
    }
    const declaration = this.#declarationOf(node);
    if (ts.isInterfaceDeclaration(declaration)) {
      const type = this.#checker.getTypeAtLocation(declaration);
      return marked(this.#reference(declaration, name, type, place));
    }
    if (ts.isTypeAliasDeclaration(declaration)) {
      return marked(place.output ? { type: "string" } : this.#choice(declaration, name));
    }
    throw new Error(`${place.owner}.${place.property}: ${name} is neither interface nor choice`);
  }

  #reference(declaration: ts.Node, name: string, type: ts.Type, { output }: Place): TypeSpec {
    const token = this.#tokenOf(declaration, name);
    if (this.named[token] === undefined) {
      // There before its properties are, as they may lead back to it.
      const spec: ObjectSpec = { type: "object", properties: {}, required: [] };
      this.named[token] = spec;
      const comment = type.symbol && described(type.symbol, this.#checker);
      Object.assign(spec, comment, this.object(type, name, output));
    }
    return { $ref: `#/types/${token}` };
  }

  /** `const X = { … } as const; type X = …`: what the library has for an enumeration. */
  #choice(declaration: ts.TypeAliasDeclaration, name: string): TypeSpec {
    const token = this.#tokenOf(declaration, name);
    const variable = declaration
      .getSourceFile()
      .statements.filter(ts.isVariableStatement)
      .find(({ declarationList }) => declarationList.declarations[0]?.name.getText() === name);
    let object = variable?.declarationList.declarations[0]?.initializer;
    if (object !== undefined && ts.isAsExpression(object)) {
      object = object.expression;
    }
    if (variable === undefined || object === undefined || !ts.isObjectLiteralExpression(object)) {
      throw new Error(`${name} is no choice: there is no constant object of that name beside it`);
    }
    this.named[token] ??= {
      ...commentOf(variable),
      type: "string",
      enum: object.properties.map((property) => {
        if (!ts.isPropertyAssignment(property) || !ts.isStringLiteral(property.initializer)) {
          throw new Error(`${name}: ${property.getText()} is no name with a text`);
        }
        const value = property.initializer.text;
        return { name: property.name.getText(), value, ...commentOf(property) };
      }),
    };
    return { $ref: `#/types/${token}` };
  }

  #declarationOf(node: ts.TypeReferenceNode): ts.Declaration {
    const symbol = this.#checker.getSymbolAtLocation(node.typeName);
    const target =
      symbol !== undefined && (symbol.flags & ts.SymbolFlags.Alias) !== 0
        ? this.#checker.getAliasedSymbol(symbol)
        : symbol;
    const declaration = target?.declarations?.find(
      (one) => ts.isInterfaceDeclaration(one) || ts.isTypeAliasDeclaration(one),
    );
    if (declaration === undefined) {
      throw new Error(`${node.getText()} is declared nowhere`);
    }
    return declaration;
  }
}

/** The doc comment of a symbol, without its tags. */
export function described(symbol: ts.Symbol, checker: ts.TypeChecker): { description?: string } {
  const text = ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim();
  return text === "" ? {} : { description: text };
}

function commentOf(node: ts.Node): { description?: string } {
  const text = ts
    .getJSDocCommentsAndTags(node)
    .filter(ts.isJSDoc)
    .map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? "")
    .join("\n")
    .trim();
  return text === "" ? {} : { description: text };
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
