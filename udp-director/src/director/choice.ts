import type { DirectorConfig } from "../config/schema.ts";
import type { Discovery } from "../discovery/discovery.ts";
import type { ResourceQuery } from "../protocol/request.ts";
import { accepting, type BackendSelector, Backends } from "../retarget/backends.ts";
import { Remembered } from "../retarget/remember.ts";
import type { Extraction } from "../selection/extract.ts";
import { defaultEndpointQuery, type ResourceSource, Selector } from "../selection/selector.ts";
import type { SelectionContext } from "../selection/strategy.ts";
import type { BackendTarget } from "../sessions/target.ts";

/** What selection asks of the other parts. */
export interface ChoiceParts {
  readonly discovery: Discovery;
  /** Live sessions on a target. */
  readonly sessionsOn: (target: BackendTarget) => number;
  readonly expressionFailed: SelectionContext["expressionFailed"];
}

/** Which backend a client gets: selection as configured, over what discovery has. */
export class Choice {
  readonly #parts: ChoiceParts;
  #config: DirectorConfig;
  #selector: BackendSelector;
  #fallback: ResourceQuery | undefined;
  readonly #remembered = new Remembered();
  /** Targets of the default endpoint, by what selection gave: one for all clients of a backend. */
  #defaults = new WeakMap<BackendTarget, BackendTarget>();
  /** The backends that there are, for sessions that may have to move. */
  readonly backends: Backends;

  constructor(config: DirectorConfig, parts: ChoiceParts) {
    this.#parts = parts;
    this.#config = config;
    this.#selector = this.#over(accepting(parts.discovery), config);
    this.#fallback = defaultEndpointQuery(config);
    this.backends = new Backends(parts.discovery, (source, strategy) =>
      this.#over(
        source,
        strategy === "configured" ? this.#config : { ...this.#config, loadBalancing: "firstMatch" },
      ),
    );
  }

  /** Chooses by another configuration from now on. */
  apply(config: DirectorConfig): void {
    this.#config = config;
    this.#selector = this.#over(accepting(this.#parts.discovery), config);
    this.#fallback = defaultEndpointQuery(config);
    this.#defaults = new WeakMap();
  }

  /** The query that the default endpoint is. */
  get fallback(): ResourceQuery | undefined {
    return this.#fallback;
  }

  /** The backend of a query; its target remembers the query. */
  select(query: ResourceQuery, client?: string): Extraction {
    return this.#remembered.of(this.#selector.select(query, client), query);
  }

  /** The backend of a client without a token. */
  chooseDefault(client?: string): BackendTarget | undefined {
    const selected = this.#fallback && this.#selector.select(this.#fallback, client);
    if (this.#fallback === undefined || !selected?.ok) return undefined;
    let target = this.#defaults.get(selected.target);
    if (target === undefined) {
      const remembered = this.#remembered.of(selected, this.#fallback);
      target = remembered.ok ? remembered.target : selected.target;
      this.#defaults.set(selected.target, target);
    }
    return target;
  }

  #over(source: ResourceSource, config: DirectorConfig): BackendSelector {
    const { sessionsOn, expressionFailed } = this.#parts;
    return new Selector(config, source, sessionsOn, expressionFailed);
  }
}
