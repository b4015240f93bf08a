import type {
  OpenedToken,
  StateKeeper,
  TokenEntry,
  TokenRefusal,
  TokenVerdict,
} from "./session-ports.ts";
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

/** The table's own, writable view of a token. */
interface Entry extends TokenEntry {
  usedBy: string | undefined;
}

const ANYBODY: TokenRules = { singleUse: false, bindToSource: false };

/** Life and number of tokens; may change while the table lives. */
export interface TokenTableOptions {
  /** Life of a token. Milliseconds. */
  readonly tokenTtlMs: number;
  /**
   * Bound on memory. At the limit `issue` refuses, and so do sealed single-use tokens that nobody
   * has used yet.
   */
  readonly maxTokens: number;
  /** Left out: anybody may use a token, until it expires. */
  readonly tokenRules?: TokenRules | undefined;
  readonly keeper?: Pick<StateKeeper, "tokenChanged"> | undefined;
}

/**
 * Tokens and their targets. Tokens live equally long, so insertion order is expiry order and
 * dropping the expired ones costs nothing per live token. When their life gets shorter, a token
 * of the new kind may be dropped later than it expires, with the last one of the old kind.
 */
export class TokenTable {
  readonly #entries = new Map<string, Entry>();
  /** Sealed single-use tokens that were used. Kept for one whole life from their use. */
  readonly #usedSealed = new Map<string, { readonly user: string; readonly until: number }>();
  readonly #options: TokenTableOptions;
  /** No token expires before this time. Lets `expire` cost one comparison for every packet. */
  #nothingBefore = Number.POSITIVE_INFINITY;

  constructor(options: TokenTableOptions) {
    this.#options = options;
  }

  get #rules(): TokenRules {
    return this.#options.tokenRules ?? ANYBODY;
  }

  /** Unexpired tokens as of the last `expire`. */
  get size(): number {
    return this.#entries.size;
  }

  /** Stores a token; false when the table is full. Expired tokens are dropped first. */
  issue(now: number, token: string, target: BackendTarget, source?: string): boolean {
    this.expire(now);
    this.#entries.delete(token);
    if (this.#entries.size >= this.#options.maxTokens) return false;
    const expiresAt = now + this.#options.tokenTtlMs;
    const bound = this.#rules.bindToSource ? source : undefined;
    const entry = { target, expiresAt, source: bound, usedBy: undefined };
    this.#entries.set(token, entry);
    if (expiresAt < this.#nothingBefore) this.#nothingBefore = expiresAt;
    this.#options.keeper?.tokenChanged(token, entry);
    return true;
  }

  /**
   * Takes over a token that was granted before a restart or elsewhere. One that is known here
   * only learns that it was used. A full table forgets it.
   */
  learn(now: number, token: string, entry: TokenEntry): void {
    this.expire(now);
    const known = this.#entries.get(token);
    if (known !== undefined) known.usedBy ??= entry.usedBy;
    else if (this.#entries.size < this.#options.maxTokens) {
      const expiresAt = Math.min(entry.expiresAt, now + this.#options.tokenTtlMs);
      this.#entries.set(token, { ...entry, expiresAt });
      if (expiresAt < this.#nothingBefore) this.#nothingBefore = expiresAt;
    }
  }

  /** Unexpired tokens; they may expire and be granted while one iterates. */
  entries(): IterableIterator<[token: string, entry: TokenEntry]> {
    return this.#entries.entries();
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
      if (port !== undefined && entry.usedBy === undefined) {
        entry.usedBy = user;
        this.#options.keeper?.tokenChanged(token, entry);
      }
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
    if (this.#usedSealed.size >= this.#options.maxTokens) return false;
    const until = now + this.#options.tokenTtlMs;
    this.#usedSealed.set(token, { user, until });
    if (until < this.#nothingBefore) this.#nothingBefore = until;
    return true;
  }
}
