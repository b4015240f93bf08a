import { Environment, EvaluationError } from "@marcbachmann/cel-js";
import type { Resource } from "./resource.ts";

/**
 * Expressions over a backend in CEL, the Common Expression Language that Kubernetes uses. They
 * come from the operator's configuration, never from clients.
 *
 * Numbers of `status` and `spec` are doubles, as CEL has JSON numbers; whole literals and
 * `sessions` are ints. Arithmetic between the two is an addition to CEL and gives a double:
 * without it every expression over a status would have to say `2.0`.
 * Source: cel-spec, doc/langdef.md.
 */

/** What an expression is for: which variables it has and what it must give. */
export type ExpressionKind =
  /** A number; `sessions` is there. */
  | "score"
  /** True or false; `sessions` is there. */
  | "filter"
  /** True or false, before sessions are looked at. */
  | "match";

/** A value, or why there is none for this backend. */
export type Evaluation<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly why: string };

/** Longest expression. Characters. */
export const MAX_EXPRESSION_CHARS = 4096;

const ARITHMETIC = {
  "+": (a: number, b: number) => a + b,
  "-": (a: number, b: number) => a - b,
  "*": (a: number, b: number) => a * b,
  "/": (a: number, b: number) => a / b,
} as const;

const backend = new Environment({ enableOptionalTypes: true })
  .registerVariable("name", "string")
  .registerVariable("labels", "map<string, string>")
  .registerVariable("annotations", "map<string, string>")
  .registerVariable("status", "map<string, dyn>")
  .registerVariable("spec", "map<string, dyn>");
for (const [operator, result] of Object.entries(ARITHMETIC)) {
  backend.registerOperator(`int ${operator} double`, (a: bigint, b: number) =>
    result(Number(a), b),
  );
  backend.registerOperator(`double ${operator} int`, (a: number, b: bigint) =>
    result(a, Number(b)),
  );
}
const backendWithSessions = backend.clone().registerVariable("sessions", "int");

const KINDS = {
  score: { environment: backendWithSessions, results: ["int", "double", "dyn"], gives: "a number" },
  filter: { environment: backendWithSessions, results: ["bool", "dyn"], gives: "true or false" },
  match: { environment: backend, results: ["bool", "dyn"], gives: "true or false" },
} as const;

const VARIABLES = "name, labels, annotations, status, spec";

/** What is wrong with an expression and where; `undefined` for a good one. */
export function expressionMistake(text: string, kind: ExpressionKind): string | undefined {
  if (text.length > MAX_EXPRESSION_CHARS) {
    return `longer than ${MAX_EXPRESSION_CHARS} characters`;
  }
  const { environment, results, gives } = KINDS[kind];
  const checked = environment.check(text);
  if (!checked.valid) {
    const { error } = checked;
    const at = error?.range === undefined ? "" : `at character ${error.range.start + 1}: `;
    const known = kind === "match" ? VARIABLES : `${VARIABLES}, sessions`;
    const hint = error?.code === "unknown_variable" ? `; allowed: ${known}` : "";
    return `${at}${error?.summary ?? "no CEL expression"}${hint}`;
  }
  const type = String(checked.type);
  const fits = (results as readonly string[]).includes(type);
  return fits ? undefined : `gives ${type}; expected ${gives}`;
}

type Run<T> = (resource: Resource, sessions: number) => Evaluation<T>;

const EMPTY = {};

function compile<T>(text: string, kind: ExpressionKind, read: (value: unknown) => T | undefined) {
  const mistake = expressionMistake(text, kind);
  if (mistake !== undefined) throw new RangeError(mistake);
  const { environment, gives } = KINDS[kind];
  const evaluate = environment.parse(text);
  const run: Run<T> = ({ metadata, status = EMPTY, spec = EMPTY }, sessions) => {
    const { name, labels, annotations } = metadata;
    const context = { name, labels, annotations, status, spec };
    let result: unknown;
    try {
      result = evaluate(kind === "match" ? context : { ...context, sessions: BigInt(sessions) });
    } catch (error) {
      return { ok: false, why: error instanceof EvaluationError ? error.summary : String(error) };
    }
    const value = read(result);
    return value === undefined ? { ok: false, why: `expected ${gives}` } : { ok: true, value };
  };
  return run;
}

const asNumber = (value: unknown): number | undefined => {
  const number = typeof value === "bigint" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
};
const asBoolean = (value: unknown) => (typeof value === "boolean" ? value : undefined);

/** Compiles a score. Throws a RangeError for what `expressionMistake` refuses. */
export const compileScore = (text: string): Run<number> => compile(text, "score", asNumber);

/** Compiles a filter. Throws a RangeError for what `expressionMistake` refuses. */
export const compileFilter = (text: string): Run<boolean> => compile(text, "filter", asBoolean);

const unfit: Run<boolean> = () => ({ ok: true, value: false });
/** Expressions of queries that are remembered: the default endpoint's, and those in stores. */
const MAX_REMEMBERED = 64;
const remembered = new Map<string, Run<boolean>>();

/**
 * True when the resource fits the `match` expression. One that cannot be evaluated, or is none,
 * fits nothing: a text from a store may be of another version.
 */
export function fits(resource: Resource, text: string): boolean {
  let run = remembered.get(text);
  if (run === undefined) {
    run =
      expressionMistake(text, "match") === undefined ? compile(text, "match", asBoolean) : unfit;
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(text, run);
  }
  const result = run(resource, 0);
  return result.ok && result.value;
}
