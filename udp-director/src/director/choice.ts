import type { DirectorConfig } from "../config/schema.ts";
import type { Discovery } from "../discovery/discovery.ts";
import type { ResourceQuery } from "../protocol/request.ts";
import { accepting, Backends, type SelectorOver } from "../retarget/backends.ts";
import { remember } from "../retarget/remember.ts";
import type { Extraction } from "../selection/extract.ts";
import { defaultEndpointQuery, Selector } from "../selection/selector.ts";
import type { SelectionContext } from "../selection/strategy.ts";
import type { BackendTarget } from "../sessions/target.ts";

/** Which backend a client gets. */
export interface Choice {
  /** The query that the default endpoint is. */
  readonly fallback: ResourceQuery | undefined;
  readonly backends: Backends;
  /** The backend of a query; its target remembers the query. */
  select(query: ResourceQuery, client: string): Extraction;
  /** The backend of a client without a token. */
  chooseDefault(client?: string): BackendTarget | undefined;
}

/** Selection as configured, over what discovery has and the sessions that there are. */
export function makeChoice(
  config: DirectorConfig,
  discovery: Discovery,
  sessionsOn: (target: BackendTarget) => number,
  expressionFailed: SelectionContext["expressionFailed"],
): Choice {
  const firstMatch = { ...config, loadBalancing: "firstMatch" } as const;
  const selectorOver: SelectorOver = (source, strategy) =>
    new Selector(
      strategy === "configured" ? config : firstMatch,
      source,
      sessionsOn,
      expressionFailed,
    );
  const selector = selectorOver(accepting(discovery), "configured");
  const fallback = defaultEndpointQuery(config);
  return {
    fallback,
    backends: new Backends(discovery, selectorOver),
    select: (query, client) => remember(selector.select(query, client), query),
    chooseDefault(client) {
      const selected = fallback && remember(selector.select(fallback, client), fallback);
      return selected?.ok ? selected.target : undefined;
    },
  };
}
