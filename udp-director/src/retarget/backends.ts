import type { ResourceQuery } from "../protocol/request.ts";
import type { Extraction } from "../selection/extract.ts";
import { matches } from "../selection/match.ts";
import type { Resource } from "../selection/resource.ts";
import type { ResourceSource } from "../selection/selector.ts";
import type { BackendTarget } from "../sessions/target.ts";

/** Label or annotation of a backend that shall get no new sessions and lose those it has. */
export const DRAIN_KEY = "udp-director.io/draining";

/** `type/namespace/name`, as targets call their resource. */
export interface BackendName {
  readonly resourceType: string;
  readonly namespace: string;
  readonly name: string;
}

/** Reads `type/namespace/name`; anything else is `undefined`. */
export function parseBackendName(text: string): BackendName | undefined {
  const [resourceType = "", namespace = "", name = "", ...rest] = text.split("/");
  if (resourceType === "" || namespace === "" || name === "" || rest.length > 0) return undefined;
  return { resourceType, namespace, name };
}

/** True for a resource that is marked as draining, or that Kubernetes is deleting. */
export function isDraining(resource: Resource): boolean {
  const { labels, annotations } = resource.metadata;
  if (labels[DRAIN_KEY] === "true" || annotations[DRAIN_KEY] === "true") return true;
  const { deletionTimestamp } = resource.metadata as { readonly deletionTimestamp?: unknown };
  return deletionTimestamp !== undefined && deletionTimestamp !== null;
}

type List = readonly Resource[];

/** A source whose lists are others. */
const relisted = (source: ResourceSource, listOf: (all: List) => List): ResourceSource => ({
  list: (resourceType, namespace) => listOf(source.list(resourceType, namespace)),
  serviceWithLabel: (...service) => source.serviceWithLabel?.(...service),
});

/** A list without some of its resources: the same one where it has none of them. */
const left = (all: List, drop: (resource: Resource) => boolean): List =>
  all.some(drop) ? all.filter((resource) => !drop(resource)) : all;

const without = (source: ResourceSource, drop: (resource: Resource) => boolean): ResourceSource =>
  relisted(source, (all) => left(all, drop));

/** What is left of lists that were asked about before. */
const takers = new WeakMap<List, List>();

/**
 * Backends that take new sessions. Discovery makes a new list with each change, so one that is
 * asked about again is not looked through again, and has the same answer.
 */
export const accepting = (source: ResourceSource): ResourceSource =>
  relisted(source, (all) => {
    const rest = takers.get(all) ?? left(all, isDraining);
    takers.set(all, rest);
    return rest;
  });

/** Picks backends from a source. */
export interface BackendSelector {
  select(query: ResourceQuery, client?: string): Extraction;
}

/**
 * Makes a selector over a source: with the configured strategy, or taking the first that
 * matches, which never refuses a backend for being full.
 */
export type SelectorOver = (
  source: ResourceSource,
  strategy: "configured" | "firstMatch",
) => BackendSelector;

/** What has become of a session's backend. */
export type BackendState = "present" | "gone" | "drain";

/** A query for everything of a type in a namespace. */
const everything = (resourceType: string, namespace: string): ResourceQuery => ({
  resourceType,
  namespace,
  labels: [],
  annotations: [],
  status: undefined,
});

/** Looks at discovery on behalf of sessions that may have to move. Pure but for its source. */
export class Backends {
  readonly #source: ResourceSource;
  readonly #selectorOver: SelectorOver;

  constructor(source: ResourceSource, selectorOver: SelectorOver) {
    this.#source = source;
    this.#selectorOver = selectorOver;
  }

  /** The resource of this name, if discovery has it. */
  find({ resourceType, namespace, name }: BackendName): Resource | undefined {
    return this.#source
      .list(resourceType, namespace)
      .find((resource) => resource.metadata.name === name);
  }

  /** Every resource of some types and namespaces, by the names that targets have. */
  *all(
    groups: Iterable<Pick<BackendName, "resourceType" | "namespace">>,
  ): Generator<{ readonly resource: string; readonly draining: boolean }> {
    for (const { resourceType, namespace } of groups) {
      for (const resource of this.#source.list(resourceType, namespace)) {
        const { name } = resource.metadata;
        yield {
          resource: `${resourceType}/${namespace}/${name}`,
          draining: isDraining(resource),
        };
      }
    }
  }

  /** The target of one resource, however full it is, or why there is none. */
  targetOf(name: BackendName): Extraction {
    const only = without(this.#source, (resource) => resource.metadata.name !== name.name);
    return this.#selectorOver(only, "firstMatch").select(
      everything(name.resourceType, name.namespace),
    );
  }

  /** Is the backend still there, at the same address and ports, and is it to stay? */
  state(target: BackendTarget): BackendState {
    const name = parseBackendName(target.resource);
    const resource = name && this.find(name);
    if (name === undefined || resource === undefined) return "gone";
    if (isDraining(resource)) return "drain";
    const now = this.targetOf(name);
    return now.ok && now.target.key === target.key ? "present" : "gone";
  }

  /**
   * What a query of a client gives when some resources are left out, draining ones among them.
   * The target remembers the query.
   */
  select(
    query: ResourceQuery,
    leaveOut: (resource: Resource) => boolean,
    client?: string,
  ): Extraction {
    const rest = without(accepting(this.#source), leaveOut);
    const selected = this.#selectorOver(rest, "configured").select(query, client);
    return selected.ok ? { ...selected, target: { ...selected.target, query } } : selected;
  }

  /** A backend of this type and namespace that has all these labels. */
  withLabels(
    where: Pick<BackendName, "resourceType" | "namespace">,
    labels: Readonly<Record<string, string>>,
    leaveOut: (resource: Resource) => boolean,
    client?: string,
  ): Extraction {
    const all = everything(where.resourceType, where.namespace);
    return this.select({ ...all, labels: Object.entries(labels) }, leaveOut, client);
  }
}

/** True when the resource has all these labels. */
export function hasLabels(resource: Resource, labels: Readonly<Record<string, string>>): boolean {
  const { namespace } = resource.metadata;
  return matches(resource, { ...everything("", namespace), labels: Object.entries(labels) });
}
