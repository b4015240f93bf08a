import type { PortAllocation, PortAllocations } from "../sessions/port-allocations.ts";
import { type ClientSocket, type Session, socketOf } from "../sessions/session.ts";
import type { RestoredSession } from "../sessions/session-options.ts";
import type { CloseReason, StateKeeper, TokenEntry } from "../sessions/session-ports.ts";
import type { SessionTable } from "../sessions/session-table.ts";
import type { PortRecord, SessionRecord, StoreChange, TokenRecord } from "./records.ts";
import type { SessionStore, StoredState } from "./session-store.ts";

/** The session table, as far as state goes. */
export type RecordedTable = Pick<
  SessionTable<unknown>,
  "activeSince" | "learnToken" | "restore" | "sessions" | "tokenEntries"
>;

/** Times in milliseconds. */
export interface RecorderOptions {
  readonly store: Pick<SessionStore, "write">;
  /** The table's clock. */
  readonly now: () => number;
  /** Milliseconds since 1970. */
  readonly wallNow: () => number;
  /** Time between two `checkpoint` calls. */
  readonly activityMs: number;
}

/** Whether packets of a client's UDP socket go on passing, whoever forwards them. */
export type Held = (address: string, port: number) => boolean;

/** Records of active sessions that are written at a time: about a millisecond of work. */
const STEP = 1000;

/**
 * Between the session table and a store: turns what happens into changes, and what was kept into
 * sessions. The table's clock is monotonic and means nothing to another process, so every time
 * is carried over as its distance from now. A wall clock that was set back makes sessions as
 * fresh as if they had just been active; one that was set forward ages them by that much.
 */
export class StateRecorder implements StateKeeper {
  readonly #options: RecorderOptions;
  #table: RecordedTable | undefined;
  #ports: PortAllocations | undefined;
  #recordedUntil = Number.NEGATIVE_INFINITY;
  #waiting: Session<unknown>[] = [];
  #quiet = false;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** The table whose state is recorded. Set before anything else is called. */
  set table(table: RecordedTable) {
    this.#table = table;
  }

  /** The ports of port ranges, which are recorded too. Set before `restore`. */
  set ports(ports: PortAllocations) {
    this.#ports = ports;
  }

  /** A port of a range has been given, or is free again. */
  portChanged(port: number, allocation: PortAllocation | undefined): void {
    const given = allocation && this.#portRecord(allocation);
    this.#options.store.write({ kind: "port", port, given });
  }

  /** What the table does in `action` is known outside already: nothing of it is written. */
  quietly(action: () => void): void {
    this.#quiet = true;
    action();
    this.#quiet = false;
  }

  sessionChanged(session: Session<unknown>): void {
    if (this.#quiet) return;
    this.#options.store.write({ kind: "session", record: this.sessionRecord(session) });
  }

  clientMoved(session: Session<unknown>, client: ClientSocket): void {
    if (this.#quiet) return;
    this.#options.store.write({ kind: "ended", client, idle: false });
    this.sessionChanged(session);
  }

  /** What ends with the process is what a restart should find. */
  sessionEnded(session: Session<unknown>, reason: CloseReason): void {
    if (reason === "shutdown" || this.#quiet) return;
    const client = socketOf(session);
    this.#options.store.write({ kind: "ended", client, idle: reason === "idle" });
  }

  tokenChanged(token: string, entry: TokenEntry): void {
    this.#options.store.write({ kind: "token", record: this.#tokenRecord(token, entry) });
  }

  /**
   * Writes, in steps, which sessions have been active since the last call; true when there is
   * more. Sessions that went on meanwhile are written as they are then.
   */
  checkpoint(): boolean {
    if (this.#waiting.length === 0 && this.#table !== undefined) {
      this.#waiting = this.#table.activeSince(this.#recordedUntil);
      this.#recordedUntil = this.#waiting[0]?.lastActiveAt ?? this.#recordedUntil;
    }
    for (const session of this.#waiting.splice(-STEP)) {
      if (session.closed) continue;
      this.#options.store.write({ kind: "active", record: this.sessionRecord(session) });
    }
    return this.#waiting.length > 0;
  }

  /** Everything that should be kept. Sessions may open and end while one iterates. */
  *snapshot(): IterableIterator<StoreChange> {
    if (this.#table === undefined) return;
    for (const session of this.#table.sessions()) {
      if (!session.closed) yield { kind: "session", record: this.sessionRecord(session) };
    }
    for (const [token, entry] of this.#table.tokenEntries()) {
      yield { kind: "token", record: this.#tokenRecord(token, entry) };
    }
    for (const allocation of this.#ports?.list() ?? []) {
      yield { kind: "port", port: allocation.port, given: this.#portRecord(allocation) };
    }
  }

  /**
   * Gives the table what was kept; returns how many sessions it took. The last activity of a
   * session may not have been written, so each is taken to have been active until the next
   * checkpoint would have said so: it may live that much longer, and never shorter. The time of one
   * that is `held` begins anew, as nobody has seen what it did since. Left out: none is.
   */
  restore(state: StoredState, held: Held = () => false): number {
    const { activityMs, wallNow } = this.#options;
    const now = this.#options.now();
    const wall = wallNow();
    let restored = 0;
    for (const record of state.ports ?? []) {
      this.#ports?.restore({ ...record, until: record.until + now - wall });
    }
    const offset = now - wall;
    // Numbers are sorted, and each session is made when it is its turn: a hundred thousand that
    // wait for theirs would be moved about by the garbage collector meanwhile.
    const { sessions } = state;
    const activeAt = new Float64Array(sessions.length);
    const order = new Uint32Array(sessions.length);
    for (const [at, record] of sessions.entries()) {
      const alive = record.transport === "udp" && held(record.address, record.port);
      activeAt[at] = alive ? now : record.activeAt + offset + activityMs;
      order[at] = at;
    }
    order.sort((a, b) => (activeAt[a] ?? 0) - (activeAt[b] ?? 0));
    for (const at of order) {
      const record = sessions[at];
      if (record === undefined) continue;
      const session = onClock(record, offset, activeAt[at] ?? now);
      if (this.#table?.restore(now, session)) restored++;
    }
    for (const record of state.tokens.toSorted((a, b) => a.expiresAt - b.expiresAt)) {
      if (record.expiresAt > wall) this.learn(record);
    }
    // What was restored is kept already, as far as it was known.
    this.#recordedUntil = now;
    return restored;
  }

  /** Gives the table one token. */
  learn({ token, target, expiresAt, source, usedBy }: TokenRecord): void {
    const now = this.#options.now();
    const left = expiresAt - this.#options.wallNow();
    this.#table?.learnToken(now, token, { target, source, usedBy, expiresAt: now + left });
  }

  /** A record on the table's clock. */
  toTable(record: SessionRecord): RestoredSession {
    const offset = this.#options.now() - this.#options.wallNow();
    return onClock(record, offset, record.activeAt + offset);
  }

  /** A session on the wall clock. */
  sessionRecord(session: Session<unknown>): SessionRecord {
    const offset = this.#options.wallNow() - this.#options.now();
    return {
      ...socketOf(session),
      origin: session.origin,
      token: session.token,
      createdAt: session.createdAt + offset,
      activeAt: session.lastActiveAt + offset,
      targetSince: session.targetSince + offset,
      target: session.target,
    };
  }

  #portRecord(allocation: PortAllocation): PortRecord {
    const offset = this.#options.wallNow() - this.#options.now();
    return { ...allocation, until: allocation.until + offset };
  }

  #tokenRecord(token: string, { target, expiresAt, source, usedBy }: TokenEntry): TokenRecord {
    const offset = this.#options.wallNow() - this.#options.now();
    return { token, target, expiresAt: expiresAt + offset, source, usedBy };
  }
}

/** A record on a clock that is `offset` before the wall clock, last active at `lastActiveAt`. */
function onClock(record: SessionRecord, offset: number, lastActiveAt: number): RestoredSession {
  return {
    clientAddress: record.address,
    clientPort: record.port,
    transport: record.transport,
    rangePort: record.rangePort,
    origin: record.origin,
    token: record.token,
    createdAt: record.createdAt + offset,
    lastActiveAt,
    targetSince: record.targetSince + offset,
    target: record.target,
  };
}
