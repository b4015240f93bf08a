import type { DirectorConfig } from "../config/schema.ts";
import type { DirectorLog } from "./api.ts";
import { configHash } from "./config-hash.ts";
import { applicable } from "./live-config.ts";

/** Something that has been made ready for a configuration. */
export interface Prepared {
  /** Puts it in force, at once and without failing. */
  readonly apply: () => void;
  /** Forgets it. */
  readonly abandon: () => void;
}

/** What a reload does to a director. */
export interface ReloadParts {
  /** The configuration in force. */
  readonly running: () => DirectorConfig;
  /** Reads what another configuration needs. Rejects with the reason when that cannot be had. */
  readonly prepare: (config: DirectorConfig, signal: AbortSignal) => Promise<Prepared>;
  readonly metrics: {
    configLoaded(hash: string, restartNeeded: boolean): void;
    configReloaded(ok: boolean): void;
  };
  readonly log: DirectorLog;
}

/** One line of a message that may have several. */
const oneLine = (text: string) => {
  const [first = "", ...rest] = text.split(/\n\s*/);
  return [first, rest.join("; ")].join(" ").trim();
};

/**
 * Applies configurations to a running director, one at a time and each as a whole or not at all:
 * what may fail is prepared first, then everything changes between two packets.
 */
export class Reloader {
  readonly #parts: ReloadParts;
  #work: Promise<unknown> = Promise.resolve();
  readonly #closing = new AbortController();

  constructor(parts: ReloadParts) {
    this.#parts = parts;
    parts.metrics.configLoaded(configHash(parts.running()), false);
  }

  /** Resolves with whether the configuration that `read` gives is in force. Never rejects. */
  reload(read: () => Promise<DirectorConfig>): Promise<boolean> {
    const done = this.#work.then(() => (this.#closing.signal.aborted ? false : this.#reload(read)));
    this.#work = done;
    return done;
  }

  /** Breaks off a reload that is under way, and takes no other. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#work;
  }

  async #reload(read: () => Promise<DirectorConfig>): Promise<boolean> {
    const { log, metrics, prepare, running } = this.#parts;
    const { signal } = this.#closing;
    try {
      const next = await read();
      const { config, restartFor } = applicable(running(), next);
      const prepared = await prepare(config, signal);
      if (signal.aborted) {
        prepared.abandon();
        return false;
      }
      prepared.apply();
      const hash = configHash(next);
      metrics.configLoaded(hash, restartFor.length > 0);
      metrics.configReloaded(true);
      const left = restartFor.length === 0 ? "" : `; restart for: ${restartFor.join(", ")}`;
      log.info({ config: hash }, `the configuration was read again and applied${left}`);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      metrics.configReloaded(false);
      const why = oneLine(error instanceof Error ? error.message : String(error));
      log.warn({}, `the configuration was not applied, the one before stays: ${why}`);
      return false;
    }
  }
}
