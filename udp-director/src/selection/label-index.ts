import type { Selector } from "../protocol/request.ts";
import type { Resource } from "./resource.ts";

/** Resources by the value of one label. */
export type ByValue<T = Resource> = ReadonlyMap<string, readonly T[]>;

/** Lists that were asked about before, with their resources by label and its value. */
const indexes = new WeakMap<readonly Resource[], Map<string, ByValue>>();
/** Most labels that a list is indexed by; others are looked for one by one. */
const MAX_LABELS = 32;

/** Resources that may have all labels of a query. */
export interface Candidates {
  /** In the list's order. The same array for the same question, until the list changes. */
  readonly resources: readonly Resource[];
  /** Labels that each of them is not known to have yet. */
  readonly left: Selector;
}

const NONE: readonly Resource[] = [];

/**
 * The resources of a list that may have all labels: without a look at each of them where the list
 * is asked about again. Discovery makes a new list with each change, so an index is never out of
 * date. A list that is seen for the first time may be one that is made for each query: it is
 * handed back whole.
 */
export function candidates(resources: readonly Resource[], labels: Selector): Candidates {
  if (labels.length === 0) return { resources, left: labels };
  const index = indexes.get(resources);
  if (index === undefined) {
    indexes.set(resources, new Map());
    return { resources, left: labels };
  }
  let fewest: readonly Resource[] | undefined;
  let by = -1;
  for (const [at, [label, value]] of labels.entries()) {
    const byValue = index.get(label) ?? indexed(index, resources, label);
    if (byValue === undefined) continue;
    const having = byValue.get(value) ?? NONE;
    if (fewest !== undefined && having.length >= fewest.length) continue;
    fewest = having;
    by = at;
  }
  if (fewest === undefined) return { resources, left: labels };
  return { resources: fewest, left: labels.filter((_label, at) => at !== by) };
}

function indexed(
  index: Map<string, ByValue>,
  resources: readonly Resource[],
  label: string,
): ByValue | undefined {
  if (index.size >= MAX_LABELS) return undefined;
  const byValue = byLabel(resources, label);
  // Clients may ask for any label: only those that there are take up room.
  if (byValue.size > 0) index.set(label, byValue);
  return byValue;
}

/** Resources by the value of a label, in the list's order; those without it are left out. */
export function byLabel<T extends Pick<Resource, "metadata">>(
  resources: readonly T[],
  label: string,
): ByValue<T> {
  return Map.groupBy(
    resources.filter(({ metadata }) => Object.hasOwn(metadata.labels, label)),
    ({ metadata }) => metadata.labels[label] ?? "",
  );
}
