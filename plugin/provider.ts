import type { ComponentResource, ComponentResourceOptions, Inputs, provider } from "@pulumi/pulumi";
import { knownValues } from "./known-values.ts";
import { schema, servedSchema } from "./schema.ts";

type Component = ComponentResource & Readonly<Record<string, unknown>>;
type ComponentClass = new (name: string, args: Inputs, opts: ComponentResourceOptions) => Component;

/** Constructs the library's components for programs in any language. */
export function componentProvider(): provider.Provider {
  return { version: schema.version, getSchema: async () => servedSchema(), construct };
}

/** @throws Error for a type that the schema has not, InputPropertyError for an input. */
async function construct(
  name: string,
  type: string,
  inputs: Inputs,
  options: ComponentResourceOptions,
): Promise<provider.ConstructResult> {
  const spec = schema.resources[type];
  const [, entry = "", className = ""] = type.split(":");
  if (spec === undefined) {
    throw new Error(`${type} is no component of ${schema.name}`);
  }
  // Loaded when it is asked for: a program for one cloud loads the SDK of no other.
  const module: Record<string, ComponentClass> = await import(`${schema.name}/${entry}`);
  const Class = module[className];
  if (Class === undefined) {
    throw new Error(
      `${schema.name}/${entry} exports no ${className}: its schema is of another version`,
    );
  }
  const component = new Class(name, await knownValues(spec.inputProperties, inputs), options);
  const state = Object.keys(spec.properties).map((key) => [key, component[key]]);
  return { urn: component.urn, state: Object.fromEntries(state) };
}
