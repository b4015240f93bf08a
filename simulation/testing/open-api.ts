/** A schema of a custom resource definition, as far as it is read here. */
export interface OpenApi {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, OpenApi>>;
  readonly additionalProperties?: OpenApi | boolean;
  readonly items?: OpenApi;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
  readonly "x-kubernetes-int-or-string"?: boolean;
}

/**
 * What an API server would refuse or silently drop of a value: unknown and missing properties, other
 * types, values outside of an enumeration. Formats and rules in CEL are not looked at.
 */
export function schemaFaults(schema: OpenApi, value: unknown, at = ""): string[] {
  if (schema["x-kubernetes-int-or-string"] === true) {
    return ["string", "number"].includes(typeof value) ? [] : [`${at}: no number or text`];
  }
  if (schema.type === "object") {
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? objectFaults(schema, value as Readonly<Record<string, unknown>>, at)
      : [`${at}: no map`];
  }
  if (schema.type === "array") {
    return Array.isArray(value)
      ? value.flatMap((item, index) => schemaFaults(schema.items ?? {}, item, `${at}[${index}]`))
      : [`${at}: no list`];
  }
  const wanted = schema.type === "integer" ? "number" : schema.type;
  if (wanted !== undefined && typeof value !== wanted) {
    return [`${at}: ${JSON.stringify(value)} is no ${wanted}`];
  }
  if (schema.enum !== undefined && !schema.enum.includes(value)) {
    return [`${at}: ${JSON.stringify(value)} is none of ${schema.enum.join(", ")}`];
  }
  return schema.pattern === undefined || new RegExp(schema.pattern).test(String(value))
    ? []
    : [`${at}: ${JSON.stringify(value)} does not match ${schema.pattern}`];
}

function objectFaults(
  schema: OpenApi,
  value: Readonly<Record<string, unknown>>,
  at: string,
): string[] {
  const { properties = {}, additionalProperties: others } = schema;
  const open = schema["x-kubernetes-preserve-unknown-fields"] === true || others === true;
  const missing = (schema.required ?? []).filter((key) => value[key] === undefined);
  return [
    ...missing.map((key) => `${at}.${key}: missing`),
    ...Object.entries(value).flatMap(([key, inner]) => {
      const known = properties[key] ?? (typeof others === "object" ? others : undefined);
      if (known !== undefined) {
        return schemaFaults(known, inner, `${at}.${key}`);
      }
      return open ? [] : [`${at}.${key}: unknown, and dropped without a word`];
    }),
  ];
}
