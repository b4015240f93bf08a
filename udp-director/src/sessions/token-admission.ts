import { isSealedToken, readSealedToken, SEALED_PREFIX } from "../protocol/sealed-token.ts";
import { readToken } from "../protocol/token.ts";
import type { SessionTableOptions } from "./session-options.ts";
import type { SessionGuard, SessionObserver, TokenEntry, TokenVerdict } from "./session-ports.ts";
import type { BackendTarget } from "./target.ts";
import { TokenTable } from "./token-table.ts";

/** What token admission takes of a table's options. */
type TokenOptions = Pick<
  SessionTableOptions,
  "tokenTtlMs" | "maxTokens" | "tokenRules" | "sealed" | "keeper"
>;

/**
 * Tokens of both kinds as the session table sees them: read out of packets, looked up, and their
 * use reported. UUIDs are remembered; a sealed token carries everything and needs no room.
 */
export class TokenAdmission {
  readonly #options: TokenOptions;
  readonly #observer: Pick<SessionObserver, "tokenLookup">;
  readonly #guard: Pick<SessionGuard, "tokenFailed">;
  readonly #remembered: TokenTable;

  constructor(
    options: TokenOptions,
    observer: Pick<SessionObserver, "tokenLookup">,
    guard: Pick<SessionGuard, "tokenFailed">,
  ) {
    this.#options = options;
    this.#observer = observer;
    this.#guard = guard;
    this.#remembered = new TokenTable(options);
  }

  /** Unexpired UUID tokens as of the last `expire`. */
  get size(): number {
    return this.#remembered.size;
  }

  /** Makes `token`, freshly drawn, lead to `target`; false when there is no room. */
  issue(at: number, token: string, target: BackendTarget, source?: string): boolean {
    return isSealedToken(token) || this.#remembered.issue(at, token, target, source);
  }

  /** Takes over a token that was granted before a restart or by another director. */
  learn(at: number, token: string, entry: TokenEntry): void {
    this.#remembered.learn(at, token, entry);
  }

  /** Unexpired UUID tokens; they may expire and be granted while one iterates. */
  entries(): IterableIterator<[token: string, entry: TokenEntry]> {
    return this.#remembered.entries();
  }

  /** True for a token that need not be looked up elsewhere. */
  knows(at: number, token: string): boolean {
    return isSealedToken(token) || this.#remembered.find(at, token) !== undefined;
  }

  expire(at: number): void {
    this.#remembered.expire(at);
  }

  /** What `payload` holds from `start` on, where that looks like a token. */
  read(payload: Uint8Array, start = 0): string | undefined {
    const token = readToken(payload, start);
    if (token !== undefined || this.#options.sealed === undefined) return token;
    return readSealedToken(payload, start);
  }

  /** Where a token leads. Without `port` nobody uses it yet: it is only looked at. */
  lookUp(at: number, token: string, address: string, port: number | undefined): TokenVerdict {
    const { sealed } = this.#options;
    return sealed !== undefined && token.startsWith(SEALED_PREFIX)
      ? this.#remembered.admitSealed(at, token, sealed.open(token), address, port)
      : this.#remembered.admit(at, token, address, port);
  }

  /** Counts a look-up, once nobody else has to be asked, and notes who showed a wrong token. */
  report(at: number, address: string, verdict: TokenVerdict): void {
    this.#observer.tokenLookup(verdict.ok);
    if (!verdict.ok) this.#guard.tokenFailed(at, address);
  }
}
