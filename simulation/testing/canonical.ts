import type { StateResource } from "../engine/index.ts";

/** What says when, where and by whom something was written, and nothing about what it is. */
const PASSING = new Set([
  "created",
  "modified",
  "ciphertext",
  "resourceVersion",
  "etag",
  "sourcePosition",
  "stackTrace",
]);
/** Numbers that a cloud gives out, whichever is free or next. */
const GIVEN = new Set(["clusterIP", "nodePort", "healthCheckNodePort", "revision", "privateIp"]);
/**
 * Identifiers as the clouds make them: UUIDs, hexadecimal digits behind a hyphen (one name in a
 * thousand has letters alone) or with a digit among them, the numbers of droplets and task
 * definitions, and addresses of the ranges for documentation.
 */
const IDENTIFIER =
  /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=-)[0-9a-f]{7,}(?![0-9a-z])|(?=[a-f]*\d)[0-9a-f]{7,}|(?<=task-definition\/[\w-]+:)\d+|(?:192\.0\.2|198\.51\.100|203\.0\.113)\.\d+|2001:db8[:0-9a-f]*/g;

/**
 * A stack's state as lines that are the same for two stacks exactly if one becomes the other by
 * giving other identifiers to the same things. Each identifier becomes a number in the order in
 * which they occur, so that a reference to the wrong thing is a difference.
 */
export function canonicalState(state: readonly StateResource[]): string[] {
  return canonical(
    [...state]
      .sort((a, b) => (a.urn < b.urn ? -1 : 1))
      .map((resource) => ({
        ...resource,
        dependencies: [...(resource.dependencies ?? [])].sort(),
        propertyDependencies: Object.fromEntries(
          Object.entries(resource.propertyDependencies ?? {}).map(([property, urns]) => [
            property,
            [...(urns ?? [])].sort(),
          ]),
        ),
      })),
  );
}

/** The same for any list of things. */
export function canonical(things: readonly unknown[]): string[] {
  const numbers = new Map<string, string>();
  const numbered = (text: string): string =>
    text.replace(IDENTIFIER, (found) => {
      const known = numbers.get(found) ?? `#${numbers.size + 1}`;
      numbers.set(found, known);
      return known;
    });
  const walk = (value: unknown): unknown => {
    if (typeof value === "string") {
      return numbered(value);
    }
    if (typeof value === "number") {
      return value >= 1_000_000 ? numbered(value.toString(16).padStart(7, "0")) : value;
    }
    if (Array.isArray(value)) {
      return value.map(walk);
    }
    if (value === null || typeof value !== "object") {
      return value;
    }
    return Object.fromEntries(
      Object.entries(value)
        .filter(([key]) => !PASSING.has(key))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, inner]) => [numbered(key), GIVEN.has(key) ? "given" : walk(inner)]),
    );
  };
  return things.map((thing) => JSON.stringify(walk(thing)));
}
