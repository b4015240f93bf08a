import { parsePath, type ResourcePath } from "../selection/path.ts";
import { type NumberRange, RANGE_KEYS } from "../selection/range.ts";

/**
 * Requests of the query port. Accepted: every published shape of a query (with and without
 * `type`, camelCase and snake_case, `expectedValue`, `expectedValues`, `in`) and `sessionReset`.
 * Unknown fields are ignored, as the published director does. Source: spec/001, docs/protocol.md.
 */

/** Text pairs that must all be present and equal. */
export type Selector = readonly (readonly [key: string, value: string])[];

/**
 * A condition on a value of the resource: its text equals any of `expectedValues`. With a `range`
 * it is a number in it, and the expected values count only where there are any. Of several values
 * at the path one has to meet it all.
 */
export interface StatusQuery {
  readonly path: ResourcePath;
  readonly expectedValues: readonly string[];
  readonly range?: NumberRange;
}

/** Which resources a query or the default endpoint means. */
export interface ResourceQuery {
  readonly resourceType: string;
  readonly namespace: string;
  readonly labels: Selector;
  readonly annotations: Selector;
  readonly status: StatusQuery | undefined;
  /** In CEL, over the resource. Only the configuration has one: clients cannot send it. */
  readonly expression?: string | undefined;
}

/** Asks for a token for one of the matching resources. */
export interface QueryRequest extends ResourceQuery {
  readonly type: "query";
  /** Asks for a port of this range that leads to the backend without a token. */
  readonly portRange?: string;
}

/** Moves the caller's session to the token's target. */
export interface SessionResetRequest {
  readonly type: "sessionReset";
  readonly token: string;
  /** UDP source port of the session, needed when the caller's address has several. */
  readonly clientPort: number | undefined;
}

export type DirectorRequest = QueryRequest | SessionResetRequest;

export type ParsedRequest =
  | { readonly ok: true; readonly request: DirectorRequest }
  | { readonly ok: false; readonly error: string };

type Fields = { readonly [key: string]: unknown };

/** Why a request is refused; ends as `{"error":"Invalid JSON: ..."}`. */
class Refusal extends Error {}

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const snakeNames = new Map<string, string>();

/** `labelSelector` as `label_selector`. Names are ours and few: each is made once. */
function snakeName(name: string): string {
  let snake = snakeNames.get(name);
  if (snake === undefined) {
    snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    snakeNames.set(name, snake);
  }
  return snake;
}

const own = (fields: Fields, key: string): unknown =>
  Object.hasOwn(fields, key) ? (fields[key] ?? undefined) : undefined;

/** The field under its camelCase or snake_case name; JSON null counts as absent. */
const field = (fields: Fields, name: string): unknown =>
  own(fields, name) ?? own(fields, snakeName(name));

function requiredText(fields: Fields, name: string): string {
  const value = field(fields, name);
  if (value === undefined) throw new Refusal(`missing field \`${name}\``);
  if (typeof value !== "string") throw new Refusal(`field \`${name}\` must be text`);
  return value;
}

function selector(fields: Fields, name: string): Selector {
  const value = field(fields, name);
  if (value === undefined) return [];
  if (!isObject(value)) throw new Refusal(`field \`${name}\` must be an object`);
  return Object.entries(value).map(([key, text]) => {
    if (typeof text !== "string") throw new Refusal(`\`${name}.${key}\` must be text`);
    return [key, text] as const;
  });
}

const isScalar = (value: unknown): value is string | number | boolean =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean";

/** The bounds among the fields of a status query; an addition to the published ones. */
function numberRange(fields: Fields): NumberRange | undefined {
  const bounds = RANGE_KEYS.flatMap((key) => {
    const bound = field(fields, key);
    if (bound === undefined) return [];
    if (typeof bound !== "number") throw new Refusal(`\`statusQuery.${key}\` must be a number`);
    return [[key, bound] as const];
  });
  return bounds.length === 0 ? undefined : Object.fromEntries(bounds);
}

function statusQuery(fields: Fields): StatusQuery | undefined {
  const value = field(fields, "statusQuery");
  if (value === undefined) return undefined;
  if (!isObject(value)) throw new Refusal("field `statusQuery` must be an object");
  const path = parsePath(requiredText(value, "jsonPath"));
  if (path === undefined) throw new Refusal("`statusQuery.jsonPath` must be a JSONPath");
  const several = field(value, "expectedValues") ?? field(value, "in");
  const single = field(value, "expectedValue");
  const range = numberRange(value);
  if (several === undefined && single === undefined) {
    if (range !== undefined) return { path, expectedValues: [], range };
    throw new Refusal("missing field `expectedValues`");
  }
  const values: unknown = several ?? [single];
  if (!Array.isArray(values) || !values.every(isScalar)) {
    throw new Refusal("`statusQuery.expectedValues` must be a list of text, numbers or booleans");
  }
  return { path, expectedValues: values.map(String), ...(range === undefined ? {} : { range }) };
}

function portRange(fields: Fields): { portRange?: string } {
  if (field(fields, "portRange") === undefined) return {};
  return { portRange: requiredText(fields, "portRange") };
}

function readRequest(fields: Fields): DirectorRequest {
  const type = field(fields, "type") ?? "query";
  if (type === "query") {
    return {
      type,
      resourceType: requiredText(fields, "resourceType"),
      namespace: requiredText(fields, "namespace"),
      labels: selector(fields, "labelSelector"),
      annotations: selector(fields, "annotationSelector"),
      status: statusQuery(fields),
      ...portRange(fields),
    };
  }
  if (type === "sessionReset") {
    const clientPort = field(fields, "clientPort");
    if (clientPort !== undefined && !isPort(clientPort)) {
      throw new Refusal("field `clientPort` must be a port 1..65535");
    }
    return { type, token: requiredText(fields, "token"), clientPort };
  }
  throw new Refusal("unknown `type`, expected `query` or `sessionReset`");
}

function isPort(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 65535;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Reads one request from its JSON bytes. Never throws: a bad request is a result. */
export function parseRequest(body: Uint8Array): ParsedRequest {
  let fields: unknown;
  try {
    fields = JSON.parse(utf8.decode(body));
  } catch (error) {
    const why = error instanceof SyntaxError ? error.message : "not UTF-8";
    return { ok: false, error: `Invalid JSON: ${why}` };
  }
  if (!isObject(fields)) return { ok: false, error: "Invalid JSON: expected an object" };
  try {
    return { ok: true, request: readRequest(fields) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { ok: false, error: `Invalid JSON: ${error.message}` };
  }
}
