import type { BackendTarget } from "./target.ts";

interface Entry {
  readonly target: BackendTarget;
  readonly expiresAt: number;
}

/**
 * Tokens and their targets. All tokens live equally long, so insertion order is expiry order
 * and dropping the expired ones costs nothing per live token. A look-up does not consume.
 */
export class TokenTable {
  readonly #entries = new Map<string, Entry>();
  readonly #ttlMs: number;
  readonly #max: number;
  /** No token expires before this time. Lets `expire` cost one comparison for every packet. */
  #nothingBefore = Number.POSITIVE_INFINITY;

  /** `ttlMs`: life of a token. `max`: bound on memory; at the limit `issue` refuses. */
  constructor(ttlMs: number, max: number) {
    this.#ttlMs = ttlMs;
    this.#max = max;
  }

  /** Unexpired tokens as of the last `expire`. */
  get size(): number {
    return this.#entries.size;
  }

  /** Stores a token; false when the table is full. Expired tokens are dropped first. */
  issue(now: number, token: string, target: BackendTarget): boolean {
    this.expire(now);
    this.#entries.delete(token);
    if (this.#entries.size >= this.#max) return false;
    const expiresAt = now + this.#ttlMs;
    this.#entries.set(token, { target, expiresAt });
    if (expiresAt < this.#nothingBefore) this.#nothingBefore = expiresAt;
    return true;
  }

  /** The target of a token that is still valid at `now`. */
  find(now: number, token: string): BackendTarget | undefined {
    const entry = this.#entries.get(token);
    return entry !== undefined && now < entry.expiresAt ? entry.target : undefined;
  }

  /** Drops every token whose life has ended at `now`. */
  expire(now: number): void {
    if (now < this.#nothingBefore) return;
    for (const [token, entry] of this.#entries) {
      if (now < entry.expiresAt) {
        this.#nothingBefore = entry.expiresAt;
        return;
      }
      this.#entries.delete(token);
    }
    this.#nothingBefore = Number.POSITIVE_INFINITY;
  }
}
