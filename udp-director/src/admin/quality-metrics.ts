import { Histogram, type Registry } from "prom-client";
import type { StreamView } from "../tap/quality.ts";
import type { QualityReport } from "../tap/quality-watch.ts";

const LOSS_RATIOS = [0, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5];
const JITTER_SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5];
const TRIP_SECONDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];

/** What watched sessions show, an observation for each stream and interval. */
export class QualityMetrics implements QualityReport {
  readonly #loss: Histogram<"source">;
  readonly #jitter: Histogram<"source" | "kind">;
  readonly #trips: Histogram;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#loss = new Histogram({
      name: "udp_director_session_loss_ratio",
      help: "Share of packets lost before the director, of watched RTP streams in ten seconds",
      labelNames: ["source"],
      buckets: LOSS_RATIOS,
      registers,
    });
    this.#jitter = new Histogram({
      name: "udp_director_session_jitter_seconds",
      help: "Jitter of watched streams: RFC 3550 of RTP, change of gaps of others",
      labelNames: ["source", "kind"],
      buckets: JITTER_SECONDS,
      registers,
    });
    this.#trips = new Histogram({
      name: "udp_director_backend_round_trip_seconds",
      help: "From a question to the backend's answer, of watched sessions that ask and answer",
      buckets: TRIP_SECONDS,
      registers,
    });
  }

  stream({ from, kind, jitterMs, recentLossRatio }: StreamView): void {
    if (recentLossRatio !== undefined) this.#loss.observe({ source: from }, recentLossRatio);
    if (jitterMs !== undefined) this.#jitter.observe({ source: from, kind }, jitterMs / 1000);
  }

  roundTrip(ms: number): void {
    this.#trips.observe(ms / 1000);
  }
}
