import type { BackendTarget } from "../sessions/target.ts";
import type { Extraction } from "./extract.ts";
import type { Resource } from "./resource.ts";

/** What a strategy may ask about the candidates. */
export interface SelectionContext {
  /** Address and ports of a candidate, or why it has none. */
  extract(resource: Resource): Extraction;
  /** Live sessions on a target. */
  sessionsOn(target: BackendTarget): number;
}

/** Picks one of at least one matching resource. A failed extraction is a possible answer. */
export type SelectionStrategy = (
  candidates: readonly [Resource, ...Resource[]],
  context: SelectionContext,
) => Extraction;

/** The first in discovery's order. Source: spec/001 "Selection Strategy". */
const firstMatch: SelectionStrategy = ([first], context) => context.extract(first);

/** The one with the fewest live sessions of this director; the earlier one of equals. */
const leastSessions: SelectionStrategy = (candidates, context) => {
  let best: Extraction | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const extraction = context.extract(candidate);
    if (!extraction.ok) continue;
    const sessions = context.sessionsOn(extraction.target);
    if (sessions < fewest) {
      best = extraction;
      fewest = sessions;
    }
  }
  return best ?? context.extract(candidates[0]);
};

/** Strategies by their configuration name (`loadBalancing.type`). */
export const strategies = { firstMatch, leastSessions } as const;
