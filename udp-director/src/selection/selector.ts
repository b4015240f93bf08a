import type { DirectorConfig, ResourceMapping } from "../config/schema.ts";
import { queryErrors } from "../protocol/query-errors.ts";
import type { ResourceQuery } from "../protocol/request.ts";
import type { BackendTarget } from "../sessions/target.ts";
import { type Extraction, extractTarget } from "./extract.ts";
import { extractServiceTarget, isServiceMode } from "./extract-service.ts";
import { Extractions } from "./extractions.ts";
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
  /** Names of the ports that a backend's one port serves. */
  readonly #dataPorts: readonly string[];
  readonly #extractions = new Map<string, Extractions>();

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
    const { dataPorts, portRanges = [] } = config;
    this.#dataPorts = [...dataPorts, ...portRanges].map(({ name }) => name);
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
    const rest = { ...query, labels: likely.left };
    const matching = asksNothing(rest)
      ? likely.resources
      : likely.resources.filter((resource) => matches(resource, rest));
    if (!hasSome(matching)) return { ok: false, error: queryErrors.noMatch };
    return this.#strategy(matching, {
      extract: this.#extract(resourceType, mapping, matching, matching === likely.resources),
      ...{ sessionsOn: this.#sessionsOn, expressionFailed: this.#expressionFailed, client },
    });
  }

  /** How candidates are read. `lasting`: the same list of them may be asked about again. */
  #extract(
    resourceType: string,
    mapping: ResourceMapping,
    candidates: readonly Resource[],
    lasting: boolean,
  ): SelectionContext["extract"] {
    // What the resource's Service says may change without it.
    if (isServiceMode(mapping)) {
      const ports = this.#dataPorts;
      return (one) => extractServiceTarget(one, mapping, resourceType, ports, this.#source);
    }
    let extractions = this.#extractions.get(resourceType);
    if (extractions === undefined) {
      const read = (one: Resource) => extractTarget(one, mapping, resourceType, this.#dataPorts);
      extractions = new Extractions(read);
      this.#extractions.set(resourceType, extractions);
    }
    const known = extractions;
    return lasting ? known.in(candidates) : (resource) => known.of(resource);
  }
}

const hasSome = <T>(all: readonly T[]): all is readonly [T, ...T[]] => all.length > 0;
const asksNothing = ({ labels, annotations, status, expression }: ResourceQuery) =>
  labels.length + annotations.length === 0 && status === undefined && expression === undefined;

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
