import type { ResourceQuery, Selector } from "./request.ts";

/** A query as stores and sealed tokens keep it: the JSON of a `ResourceQuery`. */

type Json = { readonly [key: string]: unknown };

const isText = (value: unknown): value is string => typeof value === "string";
const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null;
const isStep = (value: unknown) => isText(value) || Number.isInteger(value);
const isPairs = (value: unknown): value is Selector =>
  Array.isArray(value) && value.every((pair) => Array.isArray(pair) && pair.every(isText));

/** The query that a parsed JSON value is, or `undefined` when it is none. */
export function readStoredQuery(value: unknown): ResourceQuery | undefined {
  if (!isObject(value)) return undefined;
  const { resourceType, namespace, labels, annotations, status, expression } = value;
  if (!isText(resourceType) || !isText(namespace)) return undefined;
  if (!isPairs(labels) || !isPairs(annotations)) return undefined;
  if (expression !== undefined && !isText(expression)) return undefined;
  const expressed = expression === undefined ? {} : { expression };
  const query = { resourceType, namespace, labels, annotations, ...expressed };
  if (status === undefined) return { ...query, status: undefined };
  if (!isObject(status)) return undefined;
  const { path, expectedValues } = status;
  if (!isText(path) && !(Array.isArray(path) && path.every(isStep))) return undefined;
  if (!Array.isArray(expectedValues) || !expectedValues.every(isText)) return undefined;
  if (status.range !== undefined && !isObject(status.range)) return undefined;
  // As a whole: a condition that lost a part would match backends that nobody asked for.
  return { ...query, status: { ...status, path, expectedValues } };
}
