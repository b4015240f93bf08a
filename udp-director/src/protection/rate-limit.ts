/** Tokens of one source. */
interface Bucket {
  tokens: number;
  at: number;
}

/**
 * A token bucket for each source: `perSecond` on average, `burst` at once. A source that has
 * been quiet for long starts with a full bucket, and so does one that was never seen.
 *
 * The table holds at most `maxSources`. At the limit the source that came first goes, however
 * busy it is: nobody keeps a place by sending much, and nobody loses one by sending little. Who
 * comes back starts full again, so a flood of more sources than that is not limited by source
 * any more; then `limits.maxSessions` is what holds.
 */
export class RateLimit {
  readonly #perMs: number;
  readonly #burst: number;
  readonly #maxSources: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(perSecond: number, burst: number, maxSources: number) {
    this.#perMs = perSecond / 1000;
    this.#burst = burst;
    this.#maxSources = maxSources;
  }

  /** Sources that are remembered. */
  get sources(): number {
    return this.#buckets.size;
  }

  /** Takes one token of `source` at `now`, in milliseconds; false when it has none. */
  take(now: number, source: string): boolean {
    const bucket = this.#buckets.get(source);
    if (bucket === undefined) {
      this.#makeRoom();
      this.#buckets.set(source, { tokens: this.#burst - 1, at: now });
      return true;
    }
    if (now > bucket.at) {
      bucket.tokens = Math.min(this.#burst, bucket.tokens + (now - bucket.at) * this.#perMs);
      bucket.at = now;
    }
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }

  #makeRoom(): void {
    if (this.#buckets.size < this.#maxSources) return;
    for (const first of this.#buckets.keys()) {
      this.#buckets.delete(first);
      return;
    }
  }
}
