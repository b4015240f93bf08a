import type { Metric, Registry } from "prom-client";
import { SIZE_BOUNDS, type Side, sizeBucket } from "../data/traffic.ts";

/** `inbound`: from clients. `outbound`: to them. */
const DIRECTIONS = ["inbound", "outbound"] as const;
type Direction = (typeof DIRECTIONS)[number];

const directionOf = (from: Side): Direction => (from === "client" ? "inbound" : "outbound");

/**
 * The histogram of packets' payload sizes. prom-client's own takes one value at a time, and makes
 * a key of its labels for each: this one is called for every packet, and takes whole counts of
 * packets that were forwarded elsewhere.
 */
export class PacketSizes {
  readonly name: string;
  readonly #counts = { inbound: emptyCounts(), outbound: emptyCounts() };
  readonly #bytes = { inbound: 0, outbound: 0 };

  constructor(name: string, registry: Registry) {
    this.name = name;
    // A registry asks for no more than what there is here; its type names prom-client's classes.
    registry.registerMetric(this as unknown as Metric);
  }

  /** A packet that came from this side. */
  observe(from: Side, bytes: number): void {
    const direction = directionOf(from);
    const counts = this.#counts[direction];
    const bucket = sizeBucket(bytes);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
    this.#bytes[direction] += bytes;
  }

  /** Many packets that came from this side: how many by bucket, and their bytes in all. */
  add(from: Side, sizes: readonly number[], bytes: number): void {
    const direction = directionOf(from);
    const counts = this.#counts[direction];
    for (const [bucket, count] of sizes.entries()) counts[bucket] = (counts[bucket] ?? 0) + count;
    this.#bytes[direction] += bytes;
  }

  /** As prom-client writes metrics out. */
  async get() {
    const values = DIRECTIONS.flatMap((direction) => {
      const of = (suffix: string, value: number, labels: object = {}) => ({
        ...{ metricName: `${this.name}_${suffix}`, value, labels: { ...labels, direction } },
      });
      let count = 0;
      const buckets = [...this.#counts[direction]].map((packets, bucket) => {
        count += packets;
        return of("bucket", count, { le: SIZE_BOUNDS[bucket] ?? "+Inf" });
      });
      return [...buckets, of("sum", this.#bytes[direction]), of("count", count)];
    });
    const help = "Payload of packets from clients (inbound) and to clients (outbound)";
    return { name: this.name, help, type: "histogram", values, aggregator: "sum" };
  }

  reset(): void {
    for (const direction of DIRECTIONS) {
      this.#counts[direction].fill(0);
      this.#bytes[direction] = 0;
    }
  }
}

const emptyCounts = () => new Array<number>(SIZE_BOUNDS.length + 1).fill(0);
