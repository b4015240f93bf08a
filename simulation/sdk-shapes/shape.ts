import {
  type CheckFailure,
  isUnknown,
  type Properties,
  type Value,
} from "../../components/provider/index.ts";
import { formatPath } from "../cloud/paths.ts";

/** What an SDK's types allow at one place. */
export type Shape =
  | { readonly kind: "any" }
  | { readonly kind: "string" | "number" | "boolean" }
  | { readonly kind: "list"; readonly of: Shape }
  | { readonly kind: "map"; readonly of: Shape }
  /** An interface, by its qualified name in the table. */
  | { readonly kind: "object"; readonly name: string }
  | { readonly kind: "union"; readonly of: readonly Shape[] };

export interface ObjectShape {
  readonly [property: string]: { readonly shape: Shape; readonly required: boolean };
}

/** The interfaces that the resources of a package need, by qualified name. */
export type ShapeTable = Readonly<Record<string, ObjectShape>>;

/** Every way in which inputs do not fit an interface: unknown, missing and mistyped properties. */
export function shapeFailures(
  table: ShapeTable,
  name: string,
  inputs: Properties,
): readonly CheckFailure[] {
  return [...objectFailures(table, name, inputs, [])];
}

type Path = readonly (string | number)[];

function* objectFailures(
  table: ShapeTable,
  name: string,
  value: Properties,
  path: Path,
): Generator<CheckFailure> {
  const properties = table[name];
  if (properties === undefined) {
    return;
  }
  for (const [key, item] of Object.entries(value)) {
    const property = properties[key];
    // Keys with two underscores in front are the engine's own.
    if (property === undefined && !key.startsWith("__")) {
      const near = closest(key, Object.keys(properties));
      yield {
        property: formatPath([...path, key]),
        reason: `unknown property "${key}"${near === undefined ? "" : `; did you mean "${near}"?`}`,
      };
    } else if (property !== undefined) {
      yield* valueFailures(table, property.shape, item, [...path, key]);
    }
  }
  for (const [key, property] of Object.entries(properties)) {
    if (property.required && (value[key] === undefined || value[key] === null)) {
      yield {
        property: formatPath([...path, key]),
        reason: `missing required property "${key}"`,
      };
    }
  }
}

function* valueFailures(
  table: ShapeTable,
  shape: Shape,
  value: Value,
  path: Path,
): Generator<CheckFailure> {
  if (value === null || isUnknown(value) || shape.kind === "any") {
    return;
  }
  if (shape.kind === "union") {
    const tried = shape.of.map((option) => [...valueFailures(table, option, value, path)]);
    // Of several refusals the shortest one says most about what was meant.
    tried.sort((a, b) => a.length - b.length);
    yield* tried[0] ?? [];
  } else if (shape.kind === "list") {
    if (!Array.isArray(value)) {
      yield mismatch(path, "a list", value);
      return;
    }
    for (const [index, item] of value.entries()) {
      yield* valueFailures(table, shape.of, item, [...path, index]);
    }
  } else if (shape.kind === "map" || shape.kind === "object") {
    if (typeof value !== "object" || Array.isArray(value)) {
      yield mismatch(path, "a map", value);
    } else if (shape.kind === "object") {
      yield* objectFailures(table, shape.name, value as Properties, path);
    } else {
      for (const [key, item] of Object.entries(value)) {
        yield* valueFailures(table, shape.of, item, [...path, key]);
      }
    }
  } else if (typeof value !== shape.kind) {
    yield mismatch(path, `a ${shape.kind}`, value);
  }
}

function mismatch(path: Path, wanted: string, value: Value): CheckFailure {
  const got = Array.isArray(value) ? "a list" : typeof value === "object" ? "a map" : typeof value;
  return { property: formatPath(path), reason: `expected ${wanted}, got ${got}` };
}

/** The property whose letters are the same apart from case, or differ by two edits at most. */
function closest(key: string, known: readonly string[]): string | undefined {
  return known
    .map((name) => ({ name, edits: editDistance(key.toLowerCase(), name.toLowerCase()) }))
    .filter(({ edits }) => edits <= 2)
    .sort((a, b) => a.edits - b.edits)[0]?.name;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(
        Math.min(
          (row[j] ?? 0) + 1,
          (next[j - 1] ?? 0) + 1,
          (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1),
        ),
      );
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
