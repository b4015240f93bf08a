/**
 * Dotted paths into a resource object, in the published form: `status.state`,
 * `spec.containers[0].ports`. Segments are separated by dots; a segment may end in
 * one or more `[n]`. A leading `.` or `$.` is accepted and means the same.
 *
 * Not a full JSONPath on purpose: the text comes from clients, and filter expressions,
 * regular expressions and recursive descent let a client spend the director's processor time.
 * Source: spec/001, "Resource Query".
 */
export type ResourcePath = readonly (string | number)[];

/** Longest accepted path text. Real paths are under 100 characters; this bounds work per query. */
export const MAX_PATH_CHARS = 256;

const SEGMENT = /^([^.[\]]+)((?:\[\d{1,6}\])*)$/;

/** Parses a path; `undefined` when the text is not a path in the published form. */
export function parsePath(text: string): ResourcePath | undefined {
  if (text.length > MAX_PATH_CHARS) return undefined;
  const body = text.startsWith("$.") ? text.slice(2) : text.startsWith(".") ? text.slice(1) : text;
  const steps: (string | number)[] = [];
  for (const segment of body.split(".")) {
    const match = SEGMENT.exec(segment);
    const name = match?.[1];
    if (match === null || name === undefined) return undefined;
    steps.push(name);
    for (const index of match[2]?.matchAll(/\d+/g) ?? []) steps.push(Number(index[0]));
  }
  return steps;
}

/** The value at `path` below `root`; `undefined` when any step is missing. Own keys only. */
export function readPath(root: unknown, path: ResourcePath): unknown {
  let value = root;
  for (const step of path) {
    if (typeof step === "number") {
      if (!Array.isArray(value)) return undefined;
      value = value[step];
    } else {
      if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
      if (!Object.hasOwn(value, step)) return undefined;
      value = (value as Record<string, unknown>)[step];
    }
  }
  return value;
}
