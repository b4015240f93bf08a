/**
 * What only a deployment can tell. A policy finds no fault with it: the engine asks again, with
 * the value, before it creates the resource.
 */
export const UNKNOWN: unique symbol = Symbol("unknown");

/** A property as a policy sees it: plain data, in which a value may be unknown or missing. */
export type Value =
  | undefined
  | null
  | boolean
  | number
  | string
  | typeof UNKNOWN
  | readonly Value[]
  | Properties;

export interface Properties {
  readonly [name: string]: Value;
}

/** Deeper than any resource; ends what refers to itself. */
const MAX_DEPTH = 40;

/**
 * Copies properties into plain data. The SDK's objects throw when an unknown property is read,
 * which would end a policy at the first of them, whatever it still had to say.
 */
export function propertiesOf(given: unknown): Properties {
  return mapOf(copy(given, 0));
}

function copy(given: unknown, depth: number): Value {
  if (given === null || ["boolean", "number", "string"].includes(typeof given)) {
    return given as Value;
  }
  if (typeof given !== "object" || depth > MAX_DEPTH) {
    return undefined;
  }
  const read = (key: string): Value => {
    try {
      return copy((given as Record<string, unknown>)[key], depth + 1);
    } catch {
      return UNKNOWN;
    }
  };
  const keys = Object.keys(given);
  return Array.isArray(given)
    ? keys.map(read)
    : Object.fromEntries(keys.map((key) => [key, read(key)]));
}

/** A map, or an empty one for anything else. */
export function mapOf(value: Value): Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Properties)
    : {};
}

/** A list, or an empty one for anything else. */
export function listOf(value: Value): readonly Value[] {
  return Array.isArray(value) ? value : [];
}

/** The maps in a list. */
export function mapsOf(value: Value): readonly Properties[] {
  return listOf(value).map(mapOf);
}

/** A text, or an empty one for anything else. */
export function textOf(value: Value): string {
  return typeof value === "string" ? value : "";
}

/** A number, also one written as text; NaN for anything else. */
export function numberOf(value: Value): number {
  return typeof value === "number" ? value : Number(textOf(value) || Number.NaN);
}

/** The value at a path of names such as `spec.type`; unknown below what is unknown. */
export function at(value: Value, path: string): Value {
  let here = value;
  for (const name of path.split(".")) {
    if (here === UNKNOWN) {
      return UNKNOWN;
    }
    here = Object.hasOwn(mapOf(here), name) ? mapOf(here)[name] : undefined;
  }
  return here;
}

/** True for what is left out: neither given nor unknown. */
export function isMissing(value: Value): boolean {
  return value === undefined || value === null || value === "";
}

/** True for `true`, however a provider writes it. */
export function isTrue(value: Value): boolean {
  return value === true || value === "true";
}

/** True for `false`, however a provider writes it. */
export function isFalse(value: Value): boolean {
  return value === false || value === "false";
}
