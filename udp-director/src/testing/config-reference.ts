import { z } from "zod";

/** One key of a configuration, for reference tables. */
export interface KeyReference {
  /** `dataPorts[].port`, `resourceQueryMapping.*.portName`. */
  readonly key: string;
  /** `required`, `-` for optional without default, or the default as JSON. */
  readonly fallback: string;
  readonly meaning: string;
}

interface Json {
  readonly properties?: Readonly<Record<string, Json>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Json | boolean;
  readonly items?: Json;
  readonly default?: unknown;
  readonly description?: string;
}

/** Defaults that only repeat the keys below, or an empty map, say nothing. */
function fallback(node: Json, required: boolean): string {
  if (node.default !== undefined && JSON.stringify(node.default) !== "{}") {
    return `\`${JSON.stringify(node.default)}\``;
  }
  return required ? "required" : "-";
}

function visit(node: Json, prefix: string, found: KeyReference[]): void {
  for (const [name, child] of Object.entries(node.properties ?? {})) {
    const key = prefix === "" ? name : `${prefix}.${name}`;
    const required = node.required?.includes(name) ?? false;
    const meaning = child.description ?? "";
    found.push({ key, fallback: fallback(child, required), meaning });
    visit(child, key, found);
  }
  if (typeof node.additionalProperties === "object") {
    visit(node.additionalProperties, `${prefix}.*`, found);
  }
  if (node.items !== undefined) visit(node.items, `${prefix}[]`, found);
}

/** Every key that a schema accepts, in its order. */
export function keyReference(schema: z.ZodType): KeyReference[] {
  const found: KeyReference[] = [];
  visit(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Json, "", found);
  return found;
}

/** The rows of a Markdown table: key, default, meaning. */
export function keyTable(schema: z.ZodType): string {
  return keyReference(schema)
    .map(({ key, fallback, meaning }) => `| \`${key}\` | ${fallback} | ${meaning} |`)
    .join("\n");
}
