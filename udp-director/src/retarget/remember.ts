import type { ResourceQuery } from "../protocol/request.ts";
import type { Extraction } from "../selection/extract.ts";
import type { BackendTarget } from "../sessions/target.ts";

/**
 * Longest query, as JSON text, that a session keeps in order to be moved by it. Real ones are a
 * few hundred; a query may have 64 KiB, and 100,000 sessions must not hold that each.
 */
export const MAX_REMEMBERED_CHARACTERS = 2048;

/**
 * Characters of queries that are held; then it begins anew. With what hangs on them it is some
 * 10 MB at most, however many different queries clients think of.
 */
const MAX_HELD = 2_000_000;
/** What a target counts for: it has its query, address and ports in common with others. */
const TARGET_COST = 100;

/** A query that was asked before, with what it selected. */
interface Known {
  readonly query: ResourceQuery;
  readonly remembering: WeakMap<BackendTarget, Extraction>;
}

/**
 * Makes selected targets remember what was asked for. Clients ask the same again and again: they
 * get the same target, so that 100,000 tokens and sessions do not hold as many copies.
 */
export class Remembered {
  readonly #known = new Map<string, Known>();
  #held = 0;

  /** What was selected for `query`, with a target that remembers it. */
  of(selected: Extraction, query: ResourceQuery): Extraction {
    if (!selected.ok) return selected;
    if (this.#held > MAX_HELD) {
      this.#known.clear();
      this.#held = 0;
    }
    const text = JSON.stringify(query);
    if (text.length > MAX_REMEMBERED_CHARACTERS) return selected;
    const known = this.#known.get(text) ?? this.#learn(text, query);
    let extraction = known.remembering.get(selected.target);
    if (extraction === undefined) {
      extraction = { ...selected, target: { ...selected.target, query: known.query } };
      known.remembering.set(selected.target, extraction);
      this.#held += TARGET_COST;
    }
    return extraction;
  }

  #learn(text: string, query: ResourceQuery): Known {
    const known = { query, remembering: new WeakMap<BackendTarget, Extraction>() };
    this.#known.set(text, known);
    this.#held += text.length;
    return known;
  }
}
