import type { DirectorConfig, ResourceMapping } from "../config/schema.ts";
import { queryErrors } from "../protocol/query-errors.ts";
import type { ResourceQuery } from "../protocol/request.ts";
import type { BackendTarget } from "../sessions/target.ts";
import { type Extraction, extractTarget } from "./extract.ts";
import { extractServiceTarget, isServiceMode } from "./extract-service.ts";
import { candidates } from "./label-index.ts";
import { matches } from "./match.ts";
import type { Resource } from "./resource.ts";
import { type SelectionContext, type SelectionStrategy, strategyOf } from "./strategy.ts";

/** What selection knows of the backends: a list that is always at hand, no waiting. */
export interface ResourceSource {
  /**
   * Resources of a type in a namespace, in a stable order: draining ones too, what cannot take a
   * packet (a pod that is not ready) not.
   */
  list(resourceType: string, namespace: string): readonly Resource[];
  /** The first Service of a namespace whose label has this value; for service mode. */
  serviceWithLabel?(namespace: string, label: string, value: string): Resource | undefined;
}

/** What selection reads of a configuration. */
export type SelectorConfig = Pick<
  DirectorConfig,
  "resourceQueryMapping" | "loadBalancing" | "dataPorts"
> &
  Partial<Pick<DirectorConfig, "portRanges">>;

/** Answers "which backend?" for queries and for the default endpoint. Pure but for its source. */
export class Selector {
  readonly #config: SelectorConfig;
  readonly #source: ResourceSource;
  readonly #sessionsOn: (target: BackendTarget) => number;
  readonly #expressionFailed: SelectionContext["expressionFailed"];
  readonly #strategy: SelectionStrategy;
  /** By type, what has been read of its resources: neither they nor the mapping change. */
  readonly #extracted = new Map<string, WeakMap<Resource, Extraction>>();

  constructor(
    config: SelectorConfig,
    source: ResourceSource,
    sessionsOn: (target: BackendTarget) => number,
    expressionFailed?: SelectionContext["expressionFailed"],
  ) {
    this.#config = config;
    this.#source = source;
    this.#sessionsOn = sessionsOn;
    this.#expressionFailed = expressionFailed;
    this.#strategy = strategyOf(config.loadBalancing);
  }

  /** The target of a query, or the published error text. `client`: address that asks, if any. */
  select(query: ResourceQuery, client?: string): Extraction {
    const { resourceType, namespace } = query;
    const mappings = this.#config.resourceQueryMapping;
    const mapping = Object.hasOwn(mappings, resourceType) ? mappings[resourceType] : undefined;
    if (mapping === undefined) {
      return { ok: false, error: queryErrors.unknownResourceType(resourceType) };
    }
    const resources = this.#source.list(resourceType, namespace);
    const likely = candidates(resources, query.labels);
    const [first, ...others] = likely.filter((resource) => matches(resource, query));
    if (first === undefined) return { ok: false, error: queryErrors.noMatch };
    const context = { ...this.#context(resourceType, mapping), client };
    return this.#strategy([first, ...others], context);
  }

  #context(resourceType: string, mapping: ResourceMapping): SelectionContext {
    const { dataPorts: ports, portRanges = [] } = this.#config;
    const dataPorts = [...ports, ...portRanges].map((port) => port.name);
    const extracted = this.#extracted.get(resourceType) ?? new WeakMap<Resource, Extraction>();
    this.#extracted.set(resourceType, extracted);
    return {
      extract: (resource) => {
        // What the resource's Service says may change without it.
        if (isServiceMode(mapping)) {
          return extractServiceTarget(resource, mapping, resourceType, dataPorts, this.#source);
        }
        let extraction = extracted.get(resource);
        if (extraction === undefined) {
          extraction = extractTarget(resource, mapping, resourceType, dataPorts);
          extracted.set(resource, extraction);
        }
        return extraction;
      },
      sessionsOn: this.#sessionsOn,
      expressionFailed: this.#expressionFailed,
    };
  }
}

/** The default endpoint of a configuration as the query that it is. */
export function defaultEndpointQuery(config: DirectorConfig): ResourceQuery | undefined {
  const endpoint = config.defaultEndpoint;
  return (
    endpoint && {
      resourceType: endpoint.resourceType,
      namespace: endpoint.namespace,
      labels: Object.entries(endpoint.labelSelector ?? {}),
      annotations: Object.entries(endpoint.annotationSelector ?? {}),
      status: endpoint.statusQuery,
      expression: endpoint.expression,
    }
  );
}
