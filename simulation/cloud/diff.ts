import type { ChangeKind, Properties, Value } from "../../components/provider/index.ts";
import { sameValue } from "../../components/provider/index.ts";
import { formatPath } from "./paths.ts";

/**
 * The changes between two sets of inputs by nested property path, as providers report them. A
 * value that is not known yet counts as a change, as with the real ones.
 *
 * @param immutable Paths without indexes (`spec.ports.protocol`); what lies at or below one, or
 *   holds one, replaces the resource.
 */
export function changesBetween(
  olds: Properties,
  news: Properties,
  immutable: readonly string[],
): Record<string, ChangeKind> {
  const changes: Record<string, ChangeKind> = {};
  walk(olds, news, [], (path, kind) => {
    changes[formatPath(path)] = replaces(path, immutable) ? `${kind}-replace` : kind;
  });
  return changes;
}

type Report = (path: (string | number)[], kind: "add" | "delete" | "update") => void;

function walk(
  a: Value | undefined,
  b: Value | undefined,
  path: (string | number)[],
  report: Report,
): void {
  if (sameValue(a, b)) {
    return;
  }
  if (a === undefined || b === undefined) {
    report(path, a === undefined ? "add" : "delete");
  } else if (isMap(a) && isMap(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      walk(a[key], b[key], [...path, key], report);
    }
  } else if (Array.isArray(a) && Array.isArray(b)) {
    for (let index = 0; index < Math.max(a.length, b.length); index++) {
      walk(a[index], b[index], [...path, index], report);
    }
  } else {
    report(path, "update");
  }
}

function isMap(value: Value): value is Properties {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

function replaces(path: readonly (string | number)[], immutable: readonly string[]): boolean {
  const keys = path.filter((part) => typeof part === "string").join(".");
  return immutable.some(
    (fixed) => fixed === keys || keys.startsWith(`${fixed}.`) || fixed.startsWith(`${keys}.`),
  );
}
