import type { DirectorConfig } from "../config/schema.ts";
import type { SessionStore } from "../store/session-store.ts";

/** What keeps a director that takes no new sessions from being ready. */
const DRAINING = "draining";
/** What keeps a director that has not bound its sockets from being ready. */
const SOCKETS = "sockets";
/** What keeps a director that has not reached its shared store yet from being ready. */
const STORE = "store";

/** What keeps a director from being ready, apart from its discovery. */
export class Readiness {
  readonly #blockers = new Set([SOCKETS]);
  readonly #discovery: { readonly ready: boolean };
  readonly #store: { readonly available: boolean } | undefined;
  readonly #reached = Promise.withResolvers<void>();

  /**
   * @param store One that has to be reached once, as a director that cannot ask it drops the packets
   * of sessions that others hand over to it. Later it may be away: that takes no readiness. Left
   * out: none.
   */
  constructor(
    discovery: { readonly ready: boolean },
    store?: { readonly available: boolean } | undefined,
  ) {
    this.#discovery = discovery;
    this.#store = store;
    if (store) this.#blockers.add(STORE);
    else this.#reached.resolve();
  }

  /** Empty when ready. */
  blockers(): readonly string[] {
    this.look();
    return [...this.#blockers, ...(this.#discovery.ready ? [] : ["discovery"])];
  }

  /** Resolves once the store was seen to be there; at once without one. */
  get storeReached(): Promise<void> {
    return this.#reached.promise;
  }

  /** True once no new sessions are taken. */
  get draining(): boolean {
    return this.#blockers.has(DRAINING);
  }

  /** Sees whether the store is there. */
  look(): void {
    if (this.#store?.available && this.#blockers.delete(STORE)) this.#reached.resolve();
  }

  bound(): void {
    this.#blockers.delete(SOCKETS);
  }

  drain(): void {
    this.block(DRAINING);
  }

  block(reason: string): void {
    this.#blockers.add(reason);
  }
}

/**
 * The store that a director has to reach before it is ready: a shared one, unless unknown clients get
 * the default endpoint while it is away.
 */
export function storeToReach(
  store: SessionStore | undefined,
  { store: { redis } }: Pick<DirectorConfig, "store">,
): SessionStore | undefined {
  const shared = store?.lookUp !== undefined;
  return shared && redis?.unknownClients !== "default" ? store : undefined;
}
