import type { ResourceQuery } from "../protocol/request.ts";
import type { Extraction } from "../selection/extract.ts";

/**
 * Longest query, as JSON text, that a session keeps in order to be moved by it. Real ones are a
 * few hundred; a query may have 64 KiB, and 100,000 sessions must not hold that each.
 */
export const MAX_REMEMBERED_CHARACTERS = 2048;

/** Makes the selected target remember what was asked for. */
export function remember(selected: Extraction, query: ResourceQuery): Extraction {
  if (!selected.ok || JSON.stringify(query).length > MAX_REMEMBERED_CHARACTERS) return selected;
  return { ...selected, target: { ...selected.target, query } };
}
