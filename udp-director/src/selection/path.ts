import { JSONPathEnvironment, type JSONPathQuery, jsonpath, TokenKind } from "json-p3";

/**
 * JSONPath (RFC 9535) into a resource, with a bounded cost: the text comes from clients.
 *
 * Accepted beside RFC 9535's `$.status.state`: the published dotted form (`status.state`,
 * `spec.containers[0].ports`, names with any characters but `.[]\*?'"$@{}`) and kubectl's
 * `{.status.state}` with `\.` for a dot in a name.
 *
 * Refused, because they let a short text cost more than a walk through the resource: descendants
 * (`..`), several selectors in a bracket, and in filters functions (regular expressions among
 * them), `$` and paths that can find several values. What is left visits each value of the
 * resource at most once a segment.
 *
 * A path is its steps when it can lead to one value only, else its text. Both are plain JSON:
 * queries are stored with their sessions.
 */
export type ResourcePath = readonly (string | number)[] | string;

/** Longest accepted path text. Real paths are under 100 characters; this bounds work per query. */
export const MAX_PATH_CHARS = 256;
/** Texts whose result is remembered; of more the one that came first is forgotten. */
const MAX_REMEMBERED = 512;

const { expressions, selectors } = jsonpath;
const environment = new JSONPathEnvironment();
environment.functionRegister.clear();

interface Parsed {
  readonly path: ResourcePath;
  readonly query: JSONPathQuery;
}

const remembered = new Map<string, Parsed>();

/** Names and list positions, as published. `\.` is kubectl's dot in a name. */
const SEGMENT = /((?:[^.[\]\\*?'"$@{}]|\\.)+)((?:\[\d{1,6}\])*)/;
const DOTTED = new RegExp(`^\\.?${SEGMENT.source}(?:\\.${SEGMENT.source})*$`);
const EACH_SEGMENT = new RegExp(SEGMENT.source, "g");

/** RFC 9535 text for each accepted form. Wrong text stays wrong. */
function standardText(text: string): string {
  const inner = text.startsWith("{") && text.endsWith("}") ? text.slice(1, -1) : text;
  const body = inner.startsWith("$.") ? inner.slice(1) : inner;
  if (DOTTED.test(body)) {
    const segments = [...body.matchAll(EACH_SEGMENT)];
    return segments.reduce((path, [, name = "", positions = ""]) => {
      return `${path}[${JSON.stringify(name.replace(/\\(.)/g, "$1"))}]${positions}`;
    }, "$");
  }
  if (inner.startsWith("$")) return inner;
  return inner.startsWith(".") || inner.startsWith("[") ? `$${inner}` : `$.${inner}`;
}

/** True for a filter that costs one walk along each of its paths. */
function isBounded(filter: jsonpath.expressions.FilterExpression): boolean {
  if (filter instanceof expressions.LogicalExpression) return isBounded(filter.expression);
  if (filter instanceof expressions.PrefixExpression) return isBounded(filter.right);
  if (filter instanceof expressions.InfixExpression) {
    return isBounded(filter.left) && isBounded(filter.right);
  }
  if (filter instanceof expressions.RelativeQuery) return filter.path.singularQuery();
  return filter instanceof expressions.FilterExpressionLiteral;
}

function isAllowed(query: JSONPathQuery): boolean {
  return query.segments.every(({ token, selectors: all }) => {
    const [selector] = all;
    if (token.kind === TokenKind.DDOT || selector === undefined || all.length > 1) return false;
    return !(selector instanceof selectors.FilterSelector) || isBounded(selector.expression);
  });
}

/** The steps of a query that can find one value only. */
function stepsOf(query: JSONPathQuery): (string | number)[] | undefined {
  const steps = query.segments.map(({ selectors: [selector] }) => {
    if (selector instanceof selectors.NameSelector) return selector.name;
    return selector instanceof selectors.IndexSelector ? selector.index : undefined;
  });
  return steps.every((step) => step !== undefined) ? steps : undefined;
}

function parse(text: string): Parsed | undefined {
  const known = remembered.get(text);
  if (known !== undefined) return known;
  if (text.length > MAX_PATH_CHARS) return undefined;
  const standard = standardText(text);
  let query: JSONPathQuery;
  try {
    query = environment.compile(standard);
  } catch {
    // Whatever the parser throws: text from the network must not end the process.
    return undefined;
  }
  if (query.segments.length === 0 || !isAllowed(query)) return undefined;
  const steps = stepsOf(query);
  // A text that is kept has to be accepted again when it comes back from a store.
  if (steps === undefined && standard.length > MAX_PATH_CHARS) return undefined;
  const parsed = { path: steps ?? standard, query };
  for (const first of remembered.keys()) {
    if (remembered.size < MAX_REMEMBERED) break;
    remembered.delete(first);
  }
  remembered.set(text, parsed);
  return parsed;
}

/** Parses a path; `undefined` when the text is none that is accepted. */
export function parsePath(text: string): ResourcePath | undefined {
  return parse(text)?.path;
}

function valueAt(root: unknown, steps: readonly (string | number)[]): unknown {
  let value = root;
  for (const step of steps) {
    if (typeof step === "number") {
      if (!Array.isArray(value)) return undefined;
      value = value.at(step);
    } else {
      if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
      if (!Object.hasOwn(value, step)) return undefined;
      value = (value as Record<string, unknown>)[step];
    }
  }
  return value;
}

/** True when `test` holds for a value that `path` finds below `root`. Own keys only. */
export function someAt(
  root: unknown,
  path: ResourcePath,
  test: (value: unknown) => boolean,
): boolean {
  // Most paths find one value, and a query asks a thousand resources: no lists for those.
  if (typeof path !== "string") return test(valueAt(root, path));
  const query = parse(path)?.query;
  return (
    query
      ?.query(root as Parameters<JSONPathQuery["query"]>[0])
      .values()
      .some(test) ?? false
  );
}

/** The first value that the path `text` finds below `root`; `undefined` when there is none. */
export function firstAt(root: unknown, text: string): unknown {
  let found: unknown;
  const path = parsePath(text);
  if (path !== undefined) {
    someAt(root, path, (value) => {
      found = value;
      return true;
    });
  }
  return found;
}
