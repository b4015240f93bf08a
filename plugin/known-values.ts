import { InputPropertyError, type Inputs, isSecret, Output } from "@pulumi/pulumi";
import { type Properties, schema, type TypeSpec } from "./schema.ts";

/** Reads a part of a value that came as one output. */
type Part = (whole: unknown) => unknown;

/** The output that a value came out of, and where in it the value is. */
interface Origin {
  readonly output: Output<unknown>;
  readonly part: Part;
}

/**
 * The inputs of a component, with those that it needs at once (`plain` in the schema) waited for.
 * Everything else stays an output, with its secrets and dependencies.
 *
 * @throws InputPropertyError for one that is needed at once and unknown in a preview, or secret.
 */
export function knownValues(properties: Properties, inputs: Inputs): Promise<Inputs> {
  return object(properties, inputs, "", undefined);
}

async function object(
  properties: Properties,
  values: Inputs,
  path: string,
  origin: Origin | undefined,
): Promise<Inputs> {
  const known: Inputs = {};
  for (const [key, value] of Object.entries(values)) {
    const place = path === "" ? key : `${path}.${key}`;
    known[key] = await waited(properties[key] ?? {}, value, place, inside(origin, key));
  }
  return known;
}

async function waited(
  spec: TypeSpec,
  value: unknown,
  path: string,
  origin: Origin | undefined,
): Promise<unknown> {
  if (spec.plain !== true) {
    return origin === undefined ? value : origin.output.apply(origin.part);
  }
  if (Output.isInstance(value)) {
    return waited(spec, await unwrapped(value, path), path, {
      output: value,
      part: (whole) => whole,
    });
  }
  if (Array.isArray(value)) {
    const items = value.map((item, index) =>
      waited(spec.items ?? {}, item, `${path}[${index}]`, inside(origin, index)),
    );
    return Promise.all(items);
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  const properties =
    spec.$ref === undefined
      ? Object.fromEntries(Object.keys(value).map((key) => [key, spec.additionalProperties ?? {}]))
      : schema.types[spec.$ref.replace("#/types/", "")]?.properties;
  return object(properties ?? {}, value, path, origin);
}

function inside(origin: Origin | undefined, key: string | number): Origin | undefined {
  return (
    origin && {
      output: origin.output,
      part: (whole) => (origin.part(whole) as Record<string | number, unknown> | undefined)?.[key],
    }
  );
}

async function unwrapped(output: Output<unknown>, propertyPath: string): Promise<unknown> {
  if (await isSecret(output)) {
    const reason = "is a secret, which cannot stay one here: give it in the clear";
    throw new InputPropertyError({ propertyPath, reason });
  }
  // An output that is unknown in a preview calls nobody, and says nothing but this.
  const { isKnown } = output as unknown as { readonly isKnown: Promise<boolean> };
  if (!(await isKnown)) {
    const reason =
      "is not known before another resource exists, and is needed at once: give a value that a preview knows";
    throw new InputPropertyError({ propertyPath, reason });
  }
  return new Promise((resolve) => output.apply(resolve));
}
