import type { Probe } from "./probes.ts";
import type { DirectoryEndpoint } from "./schema.ts";

/** True or false as of the last poll; null before the first one and without a poll. */
export type Health = boolean | null;

/** Polls the endpoints that have a health check, each at its own interval. */
export class HealthPoller {
  readonly #endpoints: readonly DirectoryEndpoint[];
  readonly #probe: Probe;
  readonly #changed: (name: string, healthy: boolean) => void;
  readonly #health = new Map<string, boolean>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #closed = false;

  /** `changed` is called after the first poll and whenever the outcome differs from the last. */
  constructor(
    endpoints: readonly DirectoryEndpoint[],
    probe: Probe,
    changed: (name: string, healthy: boolean) => void,
  ) {
    this.#endpoints = endpoints;
    this.#probe = probe;
    this.#changed = changed;
  }

  /** Polls everything once, then keeps polling; resolves after the first round. */
  async start(): Promise<void> {
    await Promise.all(this.#endpoints.map((endpoint) => this.#poll(endpoint)));
  }

  of(name: string): Health {
    return this.#health.get(name) ?? null;
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  async #poll(endpoint: DirectoryEndpoint): Promise<void> {
    const { name, health } = endpoint;
    if (health === undefined) return;
    const healthy = await this.#probe(endpoint, health);
    if (this.#closed) return;
    if (this.#health.get(name) !== healthy) {
      this.#health.set(name, healthy);
      this.#changed(name, healthy);
    }
    const again = setTimeout(() => this.#poll(endpoint), health.intervalSeconds * 1000);
    again.unref();
    this.#timers.set(name, again);
  }
}
