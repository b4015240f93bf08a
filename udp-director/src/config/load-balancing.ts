import { z } from "zod";
import { expression } from "./expression-field.ts";
import { object, text, whole } from "./fields.ts";

/** Strategies by name, in the order of the documentation. */
export const STRATEGIES = [
  "firstMatch",
  "leastSessions",
  "weighted",
  "labelArithmetic",
  "consistentHash",
  "expression",
] as const;

/** A validated choice; the published strategies without settings are their bare names. */
export type LoadBalancing =
  | "firstMatch"
  | "leastSessions"
  | "consistentHash"
  | { readonly type: "weighted"; readonly weightLabel: string }
  | {
      readonly type: "labelArithmetic";
      readonly currentLabel: string;
      readonly maxLabel: string;
      readonly overlap: number;
    }
  | {
      readonly type: "expression";
      readonly expression: string;
      readonly filter: string | undefined;
    };

const type = z
  .string()
  .optional()
  .describe(
    "`firstMatch` (left out), `leastSessions`, `weighted`, `labelArithmetic`, `consistentHash` or `expression`",
  );
const CURRENT = "labelArithmetic: label with the number of users that a backend has";
const MAX = "labelArithmetic: label with the number that it may have";
const OVERLAP = "labelArithmetic: room that is kept free (left out: 0)";
const overlap = () => whole(0, 1_000_000_000).optional().describe(OVERLAP);

/** Both published shapes: the keys themselves, or nested with underscores below `strategy`. */
export const loadBalancingSchema = object({
  type,
  weightLabel: text("a label")
    .optional()
    .describe("weighted: label, else annotation, with a backend's weight (missing: 1; 0: none)"),
  currentLabel: text("a label").optional().describe(CURRENT),
  maxLabel: text("a label").optional().describe(MAX),
  overlap: overlap(),
  expression: expression("score")
    .optional()
    .describe("expression: CEL that gives a backend's score; the highest is taken"),
  filter: expression("filter")
    .optional()
    .describe("expression: CEL that is true for backends to score (left out: all)"),
  strategy: object({
    type,
    current_label: text("a label").optional().describe(CURRENT),
    max_label: text("a label").optional().describe(MAX),
    overlap: overlap(),
  })
    .optional()
    .describe("The same keys in the nested published shape"),
});

/** Joins the shapes; trusts the rules between keys, which were checked before. */
export function readLoadBalancing(
  raw: z.output<typeof loadBalancingSchema> | undefined,
): LoadBalancing {
  const nested = raw?.strategy;
  switch (raw?.type ?? nested?.type) {
    case "leastSessions":
      return "leastSessions";
    case "consistentHash":
      return "consistentHash";
    case "weighted":
      return { type: "weighted", weightLabel: raw?.weightLabel ?? "" };
    case "labelArithmetic":
      return {
        type: "labelArithmetic",
        currentLabel: raw?.currentLabel ?? nested?.current_label ?? "",
        maxLabel: raw?.maxLabel ?? nested?.max_label ?? "",
        overlap: raw?.overlap ?? nested?.overlap ?? 0,
      };
    case "expression":
      return { type: "expression", expression: raw?.expression ?? "", filter: raw?.filter };
    default:
      return "firstMatch";
  }
}

type Loose = { readonly [key: string]: unknown };

/** Settings of each shape by the strategy that reads them. */
const SETTINGS = {
  flat: {
    weighted: ["weightLabel"],
    labelArithmetic: ["currentLabel", "maxLabel", "overlap"],
    expression: ["expression", "filter"],
  },
  nested: {
    weighted: [],
    labelArithmetic: ["current_label", "max_label", "overlap"],
    expression: [],
  },
} as const;
/** Those of them that may be left out. */
const OPTIONAL: readonly string[] = ["overlap", "filter"];

/** Rules between the keys of `loadBalancing`; trusts no shape. */
export function checkLoadBalancing(
  balancing: Loose,
  nested: Loose,
  report: (path: string[], message: string) => void,
): void {
  if (balancing.type !== undefined && nested.type !== undefined) {
    report(["loadBalancing", "strategy"], "loadBalancing.type is given as well; keep one shape");
  }
  for (const [path, shape, settings] of [
    [["loadBalancing"], balancing, SETTINGS.flat],
    [["loadBalancing", "strategy"], nested, SETTINGS.nested],
  ] as const) {
    const named = shape.type;
    const known: readonly unknown[] = STRATEGIES;
    if (named !== undefined && !known.includes(named)) {
      const allowed = STRATEGIES.join(", ");
      report([...path, "type"], `${JSON.stringify(named)} is unknown; allowed: ${allowed}`);
      continue;
    }
    for (const [owner, keys] of Object.entries(settings)) {
      for (const key of keys) {
        const given = shape[key] !== undefined;
        if (given && owner !== named) report([...path, key], `belongs to type ${owner}`);
        if (!given && owner === named && !OPTIONAL.includes(key)) {
          report([...path, key], `missing; ${owner} needs it`);
        }
      }
    }
    if ((named === "weighted" || named === "expression") && shape === nested) {
      report([...path, "type"], `${named} has no nested shape; write loadBalancing.type`);
    }
  }
}
