import text from "./schema.json" with { type: "json" };

/** What of a type the plugin looks at. */
export interface TypeSpec {
  readonly type?: string;
  readonly $ref?: string;
  readonly items?: TypeSpec;
  readonly additionalProperties?: TypeSpec;
  /** The component needs the value at once. */
  readonly plain?: boolean;
}

export type Properties = Readonly<Record<string, TypeSpec>>;

interface Schema {
  readonly name: string;
  readonly version: string;
  readonly resources: Readonly<
    Record<string, { readonly inputProperties: Properties; readonly properties: Properties }>
  >;
  readonly types: Readonly<Record<string, { readonly properties?: Properties }>>;
}

/** The schema of the package, made from the library by `node scripts/plugin-schema.ts`. */
export const schema: Schema = text as unknown as Schema;

/**
 * The schema as programs get it: without `plain`, so that every input takes the outputs of other
 * resources. `knownValues` waits for those that a component needs at once.
 */
export function servedSchema(): string {
  return JSON.stringify(schema, (key, value) => (key === "plain" ? undefined : value));
}
