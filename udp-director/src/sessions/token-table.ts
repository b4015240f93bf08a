import type { OpenedToken, TokenRefusal, TokenVerdict } from "./session-ports.ts";
import type { BackendTarget } from "./target.ts";

/** Who may use a token, and how often. */
export interface TokenRules {
  /**
   * A token works for the first socket that uses it and for no other. The same socket may send
   * it again: its packets may have been lost.
   */
  readonly singleUse: boolean;
  /** A token works only from the address that asked for it. */
  readonly bindToSource: boolean;
}

/** A token as it is written down. Times in milliseconds on the table's clock. */
export interface TokenEntry {
  readonly target: BackendTarget;
  readonly expiresAt: number;
  /** Address that asked for it, where tokens are bound. */
  readonly source: string | undefined;
  /** Socket that used it, where tokens are single-use: `address port`. */
  usedBy: string | undefined;
}

const ANYBODY: TokenRules = { singleUse: false, bindToSource: false };

/**
 * Tokens and their targets. All tokens live equally long, so insertion order is expiry order
 * and dropping the expired ones costs nothing per live token.
 */
export class TokenTable {
  readonly #entries = new Map<string, TokenEntry>();
  /** Sealed single-use tokens that were used. Kept for one whole life from their use. */
  readonly #usedSealed = new Map<string, { readonly user: string; readonly until: number }>();
  readonly #ttlMs: number;
  readonly #max: number;
  readonly #rules: TokenRules;
  /** No token expires before this time. Lets `expire` cost one comparison for every packet. */
  #nothingBefore = Number.POSITIVE_INFINITY;

  /**
   * `ttlMs`: life of a token. `max`: bound on memory; at the limit `issue` refuses, and so do
   * sealed single-use tokens that nobody has used yet.
   */
  constructor(ttlMs: number, max: number, rules: TokenRules = ANYBODY) {
    this.#ttlMs = ttlMs;
    this.#max = max;
    this.#rules = rules;
  }

  /** Unexpired tokens as of the last `expire`. */
  get size(): number {
    return this.#entries.size;
  }

  /** Stores a token; false when the table is full. Expired tokens are dropped first. */
  issue(now: number, token: string, target: BackendTarget, source?: string): boolean {
    this.expire(now);
    this.#entries.delete(token);
    if (this.#entries.size >= this.#max) return false;
    const expiresAt = now + this.#ttlMs;
    const bound = this.#rules.bindToSource ? source : undefined;
    this.#entries.set(token, { target, expiresAt, source: bound, usedBy: undefined });
    if (expiresAt < this.#nothingBefore) this.#nothingBefore = expiresAt;
    return true;
  }

  /** The target of a token that is still valid at `now`. */
  find(now: number, token: string): BackendTarget | undefined {
    const entry = this.#entries.get(token);
    return entry !== undefined && now < entry.expiresAt ? entry.target : undefined;
  }

  /** Lets `address` and `port` use a token, or says why not. Without `port` nothing is used. */
  admit(now: number, token: string, address: string, port: number | undefined): TokenVerdict {
    const entry = this.#entries.get(token);
    if (entry === undefined || now >= entry.expiresAt) return { ok: false, reason: "unknown" };
    if (entry.source !== undefined && entry.source !== address) {
      return { ok: false, reason: "token_other_client" };
    }
    if (this.#rules.singleUse) {
      const user = `${address} ${port ?? ""}`;
      if (entry.usedBy !== undefined && entry.usedBy !== user) {
        return { ok: false, reason: "token_used" };
      }
      if (port !== undefined) entry.usedBy = user;
    }
    return { ok: true, target: entry.target };
  }

  /** The same for a sealed token that was opened. */
  admitSealed(
    now: number,
    token: string,
    opened: OpenedToken | { readonly ok: false; readonly reason: TokenRefusal },
    address: string,
    port: number | undefined,
  ): TokenVerdict {
    if (!opened.ok) return opened;
    if (opened.client !== undefined && opened.client !== address) {
      return { ok: false, reason: "token_other_client" };
    }
    if (this.#rules.singleUse && !this.#useSealed(now, token, `${address} ${port ?? ""}`, port)) {
      return { ok: false, reason: "token_used" };
    }
    return { ok: true, target: opened.target };
  }

  /** Drops every token whose life has ended at `now`. */
  expire(now: number): void {
    if (now < this.#nothingBefore) return;
    this.#nothingBefore = Number.POSITIVE_INFINITY;
    for (const [token, entry] of this.#entries) {
      if (now < entry.expiresAt) {
        this.#nothingBefore = entry.expiresAt;
        break;
      }
      this.#entries.delete(token);
    }
    for (const [token, { until }] of this.#usedSealed) {
      if (now < until) {
        this.#nothingBefore = Math.min(this.#nothingBefore, until);
        break;
      }
      this.#usedSealed.delete(token);
    }
  }

  /** A full table refuses: letting the token through would let it through twice. */
  #useSealed(now: number, token: string, user: string, port: number | undefined): boolean {
    const used = this.#usedSealed.get(token);
    if (used !== undefined && now < used.until) return used.user === user;
    if (port === undefined) return true;
    this.#usedSealed.delete(token);
    if (this.#usedSealed.size >= this.#max) return false;
    const until = now + this.#ttlMs;
    this.#usedSealed.set(token, { user, until });
    if (until < this.#nothingBefore) this.#nothingBefore = until;
    return true;
  }
}
