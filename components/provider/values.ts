/** A property value as the engine sends it: JSON, with `UNKNOWN` in the place of what is not known yet. */
export type Value =
  | null
  | boolean
  | number
  | string
  | readonly Value[]
  | { readonly [key: string]: Value };

export type Properties = { readonly [key: string]: Value };

/** The engine's sentinel for a value that only a deployment can tell (pulumi/pulumi sdk/go/common/resource/plugin/rpc.go). */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** True for the sentinel itself, not for a list or map that holds it. */
export function isUnknown(value: Value | undefined): boolean {
  return value === UNKNOWN;
}

/** True if the value is, or anywhere holds, the unknown sentinel. */
export function hasUnknown(value: Value | undefined): boolean {
  if (value === undefined || value === null) {
    return false;
  }
  if (typeof value === "object") {
    return (Array.isArray(value) ? value : Object.values(value)).some(hasUnknown);
  }
  return value === UNKNOWN;
}

/** Deep equality of two property values. */
export function sameValue(a: Value | undefined, b: Value | undefined): boolean {
  if (a === b) {
    return true;
  }
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) {
    return false;
  }
  if (Array.isArray(a) !== Array.isArray(b)) {
    return false;
  }
  const left = Object.entries(a);
  const right = b as { readonly [key: string]: Value };
  return (
    left.length === Object.keys(b).length &&
    left.every(([key, value]) => Object.hasOwn(right, key) && sameValue(value, right[key]))
  );
}
