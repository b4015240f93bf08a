import { setTimeout as wait } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { DirectorConfig } from "../config/schema.ts";
import { createDiscovery, type DiscoveryDependencies } from "../discovery/create-discovery.ts";
import { SwitchedDiscovery } from "../discovery/switched-discovery.ts";

/** How long a new configuration's backends may take to be read. Milliseconds. */
const LOAD_MS = 30_000;

const settingsOf = ({ discovery, resourceQueryMapping }: DirectorConfig) => ({
  discovery,
  resourceQueryMapping,
});

/** The discovery of the configuration in force. */
export class Discoveries {
  readonly current: SwitchedDiscovery;
  readonly #dependencies: DiscoveryDependencies;
  readonly #loadMs: number;
  #config: DirectorConfig;

  constructor(config: DirectorConfig, dependencies: DiscoveryDependencies, loadMs = LOAD_MS) {
    this.#config = config;
    this.#dependencies = dependencies;
    this.#loadMs = loadMs;
    this.current = new SwitchedDiscovery(createDiscovery(config, dependencies));
  }

  /**
   * Reads the backends of another configuration, where it has other ones; the returned function
   * puts them in force, `abandon` forgets them. Rejects when they cannot be read in time, unless
   * there are none yet either, and when `signal` ends the wait.
   */
  async prepare(
    config: DirectorConfig,
    signal: AbortSignal,
  ): Promise<{ readonly apply: () => void; readonly abandon: () => void }> {
    const remember = () => {
      this.#config = config;
    };
    if (isDeepStrictEqual(settingsOf(config), settingsOf(this.#config))) {
      return { apply: remember, abandon: () => undefined };
    }
    const next = createDiscovery(config, this.#dependencies);
    void next.start();
    const loaded = new AbortController();
    const ended = AbortSignal.any([signal, loaded.signal]);
    const late = wait(this.#loadMs, undefined, { ref: false, signal: ended }).catch(
      () => undefined,
    );
    await Promise.race([next.whenReady, late]);
    loaded.abort();
    if (signal.aborted || (!next.ready && this.current.ready)) {
      await next.close();
      throw new Error(`its backends could not be read in ${this.#loadMs / 1000} s`);
    }
    return {
      apply: () => {
        remember();
        this.current.switchTo(next);
      },
      abandon: () => void next.close(),
    };
  }
}
