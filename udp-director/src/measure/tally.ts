/** What became of a run of numbered packets. */
export interface Tally {
  readonly sent: number;
  readonly received: number;
  /** Percent of the packets sent of which no reply came. */
  readonly lossPercent: number;
  /** Replies that came again. */
  readonly duplicates: number;
  /** Replies behind one of a later packet (RFC 4737 section 3.3). */
  readonly reordered: number;
  /** Milliseconds; null when nothing came back. */
  readonly roundTripMs: RoundTrips | null;
  /**
   * Mean difference between the round trips of neighbouring packets. Milliseconds; null for less
   * than two neighbours (RFC 3393 section 4, with the round trip in the place of one way).
   */
  readonly jitterMs: number | null;
}

export interface RoundTrips {
  readonly min: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** Counts packets as they leave and come back. Times are milliseconds of one clock. */
export class PacketTally {
  readonly #sentAt: number[] = [];
  readonly #took: (number | undefined)[] = [];
  #received = 0;
  #duplicates = 0;
  #reordered = 0;
  #highest = -1;

  /** A packet leaves; returns its number. */
  sent(now: number): number {
    this.#sentAt.push(now);
    return this.#sentAt.length - 1;
  }

  /** The reply to a packet has come. A number that was never sent is passed over. */
  came(sequence: number, now: number): void {
    const at = this.#sentAt[sequence];
    if (at === undefined) return;
    if (this.#took[sequence] !== undefined) {
      this.#duplicates++;
      return;
    }
    this.#took[sequence] = now - at;
    this.#received++;
    if (sequence < this.#highest) this.#reordered++;
    else this.#highest = sequence;
  }

  /** Packets of which a reply came. */
  get received(): number {
    return this.#received;
  }

  /** True once every packet sent has its reply. */
  get complete(): boolean {
    return this.#received === this.#sentAt.length;
  }

  result(): Tally {
    const sent = this.#sentAt.length;
    const took = this.#took.filter((one) => one !== undefined);
    const steps = this.#took.flatMap((one, index) => {
      const before = this.#took[index - 1];
      return one === undefined || before === undefined ? [] : [Math.abs(one - before)];
    });
    return {
      sent,
      received: this.#received,
      lossPercent: sent === 0 ? 0 : rounded((100 * (sent - this.#received)) / sent),
      duplicates: this.#duplicates,
      reordered: this.#reordered,
      roundTripMs: took.length === 0 ? null : roundTrips(took),
      jitterMs: steps.length === 0 ? null : rounded(mean(steps)),
    };
  }
}

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Three decimals: microseconds of a millisecond. */
export const rounded = (value: number): number => Math.round(value * 1000) / 1000;

/** Nearest-rank percentiles: each is a round trip that was measured. */
function roundTrips(took: readonly number[]): RoundTrips {
  const sorted = took.toSorted((a, b) => a - b);
  const at = (percent: number) =>
    rounded(sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? 0);
  return {
    min: at(0),
    mean: rounded(mean(sorted)),
    p50: at(50),
    p90: at(90),
    p95: at(95),
    p99: at(99),
    max: at(100),
  };
}
