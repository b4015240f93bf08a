import { Counter, type Registry } from "prom-client";
import type { Refusal } from "../data/tcp/tcp-ports.ts";

/** Metrics of the TCP data ports' connections. Their bytes count with those of datagrams. */
export class ConnectionMetrics {
  readonly #admitted: Counter;
  readonly #refused: Counter<"reason">;

  constructor(registry: Registry) {
    this.#admitted = new Counter({
      name: "udp_director_tcp_connections_total",
      help: "TCP connections to data ports that were given to a session",
      registers: [registry],
    });
    this.#refused = new Counter({
      name: "udp_director_tcp_connections_refused_total",
      help: "TCP connections to data ports that were turned away",
      labelNames: ["reason"],
      registers: [registry],
    });
  }

  connectionAdmitted(): void {
    this.#admitted.inc();
  }

  connectionRefused(reason: Refusal): void {
    this.#refused.inc({ reason });
  }
}
