import type { LoadBalancing } from "../config/load-balancing.ts";
import { queryErrors } from "../protocol/query-errors.ts";
import type { BackendTarget } from "../sessions/target.ts";
import { compileFilter, compileScore } from "./expression.ts";
import type { Extraction } from "./extract.ts";
import { rendezvousOrder } from "./rendezvous.ts";
import type { Resource } from "./resource.ts";

/** What a strategy may ask about the candidates. */
export interface SelectionContext {
  /** Address and ports of a candidate, at its place among them, or why it has none. */
  extract(resource: Resource, at: number): Extraction;
  /** Live sessions on a target. */
  sessionsOn(target: BackendTarget): number;
  /** Address of the client that the selection is for, where there is one. */
  readonly client?: string | undefined;
  /** Told when an expression has no value for a candidate, which is then passed over. */
  readonly expressionFailed?: ((candidate: Resource, why: string) => void) | undefined;
}

/** Picks one of at least one matching resource. A failed extraction is a possible answer. */
export type SelectionStrategy = (
  candidates: readonly [Resource, ...Resource[]],
  context: SelectionContext,
) => Extraction;

/** The first in discovery's order. Source: spec/001 "Selection Strategy". */
const firstMatch: SelectionStrategy = ([first], context) => context.extract(first, 0);

/** A number by which a candidate is ranked. */
type Rank = (resource: Resource, sessions: number, context: SelectionContext) => number | undefined;

/**
 * The candidate of the smallest rank that can be extracted; of equals the one of the smallest
 * `tie`, then the earlier one. `undefined` as a rank leaves a candidate out. When all are left
 * out, there is no match. A query may have thousands of candidates: nothing is allocated for one.
 */
function smallest(rank: Rank, tie: Rank = () => 0): SelectionStrategy {
  return (candidates, context) => {
    let best: Extraction | undefined;
    let bestRank = 0;
    let bestTie = 0;
    let failed: Extraction | undefined;
    let at = 0;
    for (const candidate of candidates) {
      const extraction = context.extract(candidate, at++);
      if (!extraction.ok) {
        failed ??= extraction;
        continue;
      }
      const sessions = context.sessionsOn(extraction.target);
      const own = rank(candidate, sessions, context);
      if (own === undefined || (best !== undefined && own > bestRank)) continue;
      const ownTie = tie(candidate, sessions, context) ?? 0;
      if (best !== undefined && own === bestRank && ownTie >= bestTie) continue;
      best = extraction;
      bestRank = own;
      bestTie = ownTie;
    }
    return best ?? failed ?? { ok: false, error: queryErrors.noMatch };
  };
}

/** The one with the fewest live sessions of this director; the earlier one of equals. */
const leastSessions = smallest((_resource, sessions) => sessions);

/**
 * The one that the client's address leads to. Without a client, as when sessions of many leave
 * a backend, the one with the fewest sessions: all of them would land on the same otherwise.
 */
const consistentHash: SelectionStrategy = (candidates, context) => {
  if (context.client === undefined) return leastSessions(candidates, context);
  const places = new Map(candidates.map((one, at) => [one.metadata.name, at]));
  for (const name of rendezvousOrder(context.client, [...places.keys()])) {
    const at = places.get(name) ?? 0;
    const candidate = candidates[at];
    const extraction = candidate && context.extract(candidate, at);
    if (extraction?.ok) return extraction;
  }
  return context.extract(candidates[0], 0);
};

const WHOLE = /^\d{1,9}$/;

/** The whole number that a label holds, else `undefined`. Up to nine digits. */
function labelNumber(resource: Resource, label: string): number | undefined {
  const { labels } = resource.metadata;
  const text = Object.hasOwn(labels, label) ? labels[label] : undefined;
  return text !== undefined && WHOLE.test(text) ? Number(text) : undefined;
}

/**
 * The one that has the fewest sessions for its weight, counting the one that is to come: sessions
 * spread in proportion to the weights. A missing or wrong weight is 1; weight 0 gets none.
 */
const weighted = (weightLabel: string) =>
  smallest((resource, sessions) => {
    const { annotations } = resource.metadata;
    const noted = Object.hasOwn(annotations, weightLabel) ? annotations[weightLabel] : undefined;
    const annotated = noted !== undefined && WHOLE.test(noted) ? Number(noted) : undefined;
    const weight = labelNumber(resource, weightLabel) ?? annotated ?? 1;
    return weight === 0 ? undefined : (sessions + 1) / weight;
  });

/**
 * The one with most room: `max - current - sessions - overlap`, both from labels, where room is
 * more than 0; of equals the one with the lowest `current`. A missing `current` is 0; a missing
 * or wrong `max` leaves a backend out. Source: the published director, "labelArithmetic".
 */
const labelArithmetic = (currentLabel: string, maxLabel: string, overlap: number) =>
  smallest(
    (resource, sessions) => {
      const max = labelNumber(resource, maxLabel);
      if (max === undefined) return undefined;
      const room = max - (labelNumber(resource, currentLabel) ?? 0) - sessions - overlap;
      return room > 0 ? -room : undefined;
    },
    (resource) => labelNumber(resource, currentLabel),
  );

/**
 * The one with the highest score, of those that the filter lets through; of equals the one with
 * the fewest sessions. Throws a RangeError for an expression that a configuration would refuse.
 */
function byExpression(expression: string, filter: string | undefined): SelectionStrategy {
  const score = compileScore(expression);
  const passes = filter === undefined ? undefined : compileFilter(filter);
  return smallest(
    (resource, sessions, { expressionFailed }) => {
      const passed = passes?.(resource, sessions);
      if (passed?.ok && !passed.value) return undefined;
      const scored = passed?.ok === false ? passed : score(resource, sessions);
      if (scored.ok) return -scored.value;
      expressionFailed?.(resource, scored.why);
      return undefined;
    },
    (_resource, sessions) => sessions,
  );
}

/** The strategy that a configuration asks for. */
export function strategyOf(balancing: LoadBalancing): SelectionStrategy {
  if (balancing === "firstMatch") return firstMatch;
  if (balancing === "leastSessions") return leastSessions;
  if (balancing === "consistentHash") return consistentHash;
  if (balancing.type === "weighted") return weighted(balancing.weightLabel);
  if (balancing.type === "expression") return byExpression(balancing.expression, balancing.filter);
  return labelArithmetic(balancing.currentLabel, balancing.maxLabel, balancing.overlap);
}
