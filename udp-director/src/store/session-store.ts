import type { PortRecord, SessionRecord, StoreChange, TokenRecord } from "./records.ts";

/** Everything a store had kept. */
export interface StoredState {
  readonly sessions: readonly SessionRecord[];
  readonly tokens: readonly TokenRecord[];
  /** Ports of port ranges. Left out: a store that keeps none. */
  readonly ports?: readonly PortRecord[];
}

/** What another director has written about a client and a token. */
export interface Found {
  readonly session: SessionRecord | undefined;
  readonly token: TokenRecord | undefined;
  /** The session that the token opened or last moved, where it is another client socket's. */
  readonly holder: SessionRecord | undefined;
}

/** What went wrong with a store. Fixed words: they are metric label values. */
export const STORE_ERRORS = [
  /** A record that could not be read. It was skipped. */
  "damaged",
  /** A write that failed. It is tried again. */
  "write",
  /** A change that was thrown away because too many waited. It is made good by a later rewrite. */
  "dropped",
  /** A look-up that failed or took too long. */
  "look_up",
  /** The connection was lost or could not be made. */
  "connection",
] as const;
export type StoreError = (typeof STORE_ERRORS)[number];

/** What a store tells its owner. Must not throw. */
export interface StoreReporter {
  error(kind: StoreError, count?: number): void;
  info(message: string): void;
  warn(message: string): void;
}

/** Where a store gets everything that should be in it. Read in small steps, over some time. */
export type Snapshot = () => Iterable<StoreChange>;

/**
 * Keeps sessions and tokens outside the process. Calls: `load` once, then any number of `write`
 * and `lookUp`, then `close` once and nothing after it.
 *
 * `write` returns at once, never throws, and waits in a bounded queue; changes reach the store
 * in order. A failure is counted and made good by itself, from the snapshot where changes were
 * lost. No packet waits for `write`.
 */
export interface SessionStore {
  /**
   * Reads what is kept. A record that cannot be read is skipped and counted. Rejects with a
   * SettingError when the store cannot be used at all as it is configured.
   */
  load(snapshot: Snapshot): Promise<StoredState>;
  write(change: StoreChange): void;
  /** Changes that wait. */
  readonly queued: number;
  /** False while changes cannot be written. Established sessions do not notice. */
  readonly available: boolean;
  /**
   * For a store that several directors share: asks it, without `port` only for the token.
   * Rejects when it cannot answer in time.
   */
  lookUp?(address: string, port: number | undefined, token: string | undefined): Promise<Found>;
  /** Resolves when everything written so far is kept as the store promises; never rejects. */
  flush(): Promise<void>;
  /** `flush`, bounded in time, and the end. Never rejects. */
  close(): Promise<void>;
}
