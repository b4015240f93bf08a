import { Counter, Gauge, type Registry } from "prom-client";
import type { StoreError } from "./session-store.ts";

/** What is read when somebody asks for the metrics. */
export interface StoreState {
  readonly queued: number;
  readonly available: boolean;
}

/** The store's part of a director's metrics. Without a store: available, nothing queued. */
export class StoreMetrics {
  readonly #errors: Counter<"error_type">;
  readonly #restored: Counter<"source">;
  readonly #lookUps: Counter<"result">;
  #state: StoreState = { queued: 0, available: true };

  constructor(registry: Registry) {
    const registers = [registry];
    const gauge = (name: string, help: string, read: (state: StoreState) => number) => {
      const state = () => this.#state;
      new Gauge({
        name: `udp_director_store_${name}`,
        help,
        registers,
        collect() {
          this.set(read(state()));
        },
      });
    };
    gauge("queue_depth", "Changes that wait to be written", ({ queued }) => queued);
    gauge("available", "1 while changes can be written", ({ available }) => (available ? 1 : 0));
    this.#errors = new Counter({
      name: "udp_director_store_errors_total",
      help: "Failures of the store",
      labelNames: ["error_type"],
      registers,
    });
    this.#restored = new Counter({
      name: "udp_director_sessions_restored_total",
      help: "Sessions taken over from before a restart, or from another director",
      labelNames: ["source"],
      registers,
    });
    this.#lookUps = new Counter({
      name: "udp_director_store_lookups_total",
      help: "Unknown clients and tokens that the store was asked about",
      labelNames: ["result"],
      registers,
    });
  }

  /** Shows this store from now on. */
  observe(state: StoreState): void {
    this.#state = state;
  }

  error(kind: StoreError, count = 1): void {
    this.#errors.inc({ error_type: kind }, count);
  }

  restored(source: "restart" | "replica", sessions: number): void {
    this.#restored.inc({ source }, sessions);
  }

  lookedUp(result: "session" | "token" | "nothing" | "failed"): void {
    this.#lookUps.inc({ result });
  }
}
