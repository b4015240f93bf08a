import type { ResourceQuery, Selector } from "../protocol/request.ts";
import { fits } from "./expression.ts";
import { someAt } from "./path.ts";
import { isInRange } from "./range.ts";
import type { Resource } from "./resource.ts";

function hasAll(map: Readonly<Record<string, string>>, selector: Selector): boolean {
  // Asked of thousands of resources for one query: the value first, as it is rarely the right one.
  for (const [key, value] of selector) {
    if (map[key] !== value || !Object.hasOwn(map, key)) return false;
  }
  return true;
}

/** Text of a value that can be compared; objects, lists, null and absent values cannot. */
function comparable(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : undefined;
}

/**
 * True when the resource has every label and annotation of the query with that exact value, fits
 * its expression, and one value at the status path equals, as text, any of the expected ones and
 * lies in the range.
 * Type and namespace are not looked at: discovery has already narrowed to them.
 * Source: spec/001 "Supported Filters".
 */
export function matches(resource: Resource, query: ResourceQuery): boolean {
  if (!hasAll(resource.metadata.labels, query.labels)) return false;
  if (!hasAll(resource.metadata.annotations, query.annotations)) return false;
  if (query.expression !== undefined && !fits(resource, query.expression)) return false;
  if (query.status === undefined) return true;
  const { path, expectedValues, range } = query.status;
  return someAt(resource, path, (value) => {
    if (range !== undefined) {
      if (!isInRange(value, range)) return false;
      if (expectedValues.length === 0) return true;
    }
    const actual = comparable(value);
    return actual !== undefined && expectedValues.includes(actual);
  });
}
