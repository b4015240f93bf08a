import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { Json } from "../../simulation/cluster/index.ts";

const GVK = "x-kubernetes-group-version-kind";

/** Where kubeconform finds the files that `writeSchemas` wrote into a folder. */
export const schemaLocation = (folder: string): string =>
  path.join(folder, "{{ .ResourceKind }}{{ .KindSuffix }}.json");

/**
 * Writes a JSON schema for every kind that an API server's `/openapi/v2` describes, strict: a field
 * that it does not know is a fault. kubeconform's own copies come from a site.
 */
export async function writeSchemas(openApi: Json, folder: string): Promise<void> {
  for (const [name, definition] of Object.entries<Json>(openApi.definitions)) {
    for (const { group, version, kind } of definition[GVK] ?? []) {
      const definitions: Record<string, Json> = {};
      collect(name, openApi.definitions, definitions);
      const suffix = [group.split(".")[0], version].filter((part) => part !== "").join("-");
      const schema = { $ref: `#/definitions/${name}`, definitions };
      await writeFile(
        path.join(folder, `${kind.toLowerCase()}-${suffix}.json`),
        JSON.stringify(schema),
      );
    }
  }
}

/** A definition, strict, and those that it refers to. */
function collect(name: string, all: Json, into: Record<string, Json>): void {
  if (into[name] !== undefined) return;
  into[name] = {};
  into[name] = strict(all[name], (other) => collect(other, all, into));
}

function strict(schema: Json, refersTo: (name: string) => void): Json {
  if (Array.isArray(schema)) return schema.map((one) => strict(one, refersTo));
  if (schema === null || typeof schema !== "object") return schema;
  if (typeof schema.$ref === "string") {
    refersTo(schema.$ref.replace("#/definitions/", ""));
    return { $ref: schema.$ref };
  }
  // Of OpenAPI, where a schema for JSON would say both.
  if (schema.format === "int-or-string" || schema["x-kubernetes-int-or-string"] === true) {
    return { type: ["integer", "string"] };
  }
  const inner = Object.fromEntries(
    Object.entries(schema)
      .filter(([key]) => !key.startsWith("x-") && key !== "description" && key !== "default")
      .map(([key, value]) => [key, key === "properties" ? strictAll(value, refersTo) : value])
      .map(([key, value]) => [key, NESTED.has(key as string) ? strict(value, refersTo) : value]),
  );
  const closed =
    schema.properties !== undefined &&
    schema.additionalProperties === undefined &&
    schema["x-kubernetes-preserve-unknown-fields"] !== true;
  return closed ? { ...inner, additionalProperties: false } : inner;
}

/** Keywords whose values are schemas themselves; a property may have such a name as well. */
const NESTED = new Set(["items", "additionalProperties", "allOf", "anyOf", "oneOf", "not"]);

const strictAll = (properties: Json, refersTo: (name: string) => void): Json =>
  Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, strict(schema, refersTo)]),
  );
