import { earnReply, spendReply, type UnprovenRules } from "../protection/reply-credit.ts";
import { isControlPacket } from "../protocol/control-packet.ts";
import { isSealedToken, readSealedToken, SEALED_PREFIX } from "../protocol/sealed-token.ts";
import { readToken } from "../protocol/token.ts";
import type { Session, SessionNode, SessionOrigin } from "./session.ts";
import { SessionIndex } from "./session-index.ts";
import type {
  CloseReason,
  DefaultEndpoint,
  FirstPacketGate,
  Ingress,
  MoveCause,
  RetargetCause,
  SealedTokenOpener,
  SessionExecutor,
  SessionGuard,
  SessionObserver,
  StateKeeper,
  TokenEntry,
  TokenVerdict,
} from "./session-ports.ts";
import type { BackendTarget } from "./target.ts";
import { type TokenRules, TokenTable } from "./token-table.ts";

/** Sizes and times of a table. Times in milliseconds. */
export interface SessionTableOptions {
  /** First bytes of a control packet, at least one. */
  readonly magic: Uint8Array;
  /** A session ends this long after its last forwarded packet or re-target. */
  readonly sessionTimeoutMs: number;
  /** Bound on memory and sockets. At the limit a new client is dropped, live ones stay. */
  readonly maxSessions: number;
  readonly tokenTtlMs: number;
  /** Bound on memory. At the limit `issueToken` refuses. */
  readonly maxTokens: number;
  /** Bound on replies to clients that may be forged. Left out: no bound. */
  readonly unproven?: UnprovenRules | undefined;
  /** Answer accepted tokens and control packets. Left out: false, as published. */
  readonly ackPackets?: boolean;
  /** Who may use a token, and how often. Left out: anybody, until it expires. */
  readonly tokenRules?: TokenRules;
  /** Left out: a packet that looks like a sealed token is data. */
  readonly sealed?: SealedTokenOpener | undefined;
  /** Left out: state ends with the table. */
  readonly keeper?: StateKeeper | undefined;
}

/** A session from before a restart, or of another director. Times on the table's clock. */
export interface RestoredSession {
  readonly clientAddress: string;
  readonly clientPort: number;
  readonly origin: SessionOrigin;
  readonly createdAt: number;
  readonly lastActiveAt: number;
  readonly targetSince: number;
  readonly target: BackendTarget;
}

/** Lets everybody in. */
const OPEN_DOOR: SessionGuard = {
  admits: () => true,
  banned: () => false,
  mayOpen: () => true,
  tokenFailed: () => undefined,
};

/** What became of a re-target asked for over TCP. */
export type QueryResetResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: "invalid_token" | "no_session" }
  | { readonly ok: false; readonly reason: "ambiguous"; readonly sessions: number };

/**
 * The director's decisions: tokens, sessions, re-targets, expiry. A state machine without
 * sockets, clock or randomness: every event brings its own time (milliseconds, monotonic;
 * an earlier time than before counts as the last one) and leads to synchronous calls of the
 * executor. Nothing is allocated for a packet of an established session.
 * Source: spec/001 "Three-Phase Flow", "Session Management".
 */
export class SessionTable<Attachment, In extends Ingress = Ingress> {
  readonly #options: SessionTableOptions;
  readonly #executor: SessionExecutor<Attachment, In>;
  readonly #observer: SessionObserver;
  readonly #defaultEndpoint: DefaultEndpoint;
  readonly #guard: SessionGuard;
  readonly #tokens: TokenTable;
  readonly #live = new SessionIndex<Attachment>();
  #gate: FirstPacketGate<In> | undefined;
  #draining = false;
  #opened = 0;
  #now = Number.NEGATIVE_INFINITY;

  constructor(
    options: SessionTableOptions,
    executor: SessionExecutor<Attachment, In>,
    observer: SessionObserver,
    defaultEndpoint: DefaultEndpoint,
    guard: SessionGuard = OPEN_DOOR,
  ) {
    this.#options = options;
    this.#executor = executor;
    this.#observer = observer;
    this.#defaultEndpoint = defaultEndpoint;
    this.#guard = guard;
    this.#tokens = new TokenTable(
      options.tokenTtlMs,
      options.maxTokens,
      options.tokenRules,
      options.keeper,
    );
  }

  /** Asked about unknown clients and tokens from now on. */
  set gate(gate: FirstPacketGate<In>) {
    this.#gate = gate;
  }

  /** Live sessions. */
  get size(): number {
    return this.#live.size;
  }

  /** Different client addresses among the live sessions. */
  get clients(): number {
    return this.#live.clients;
  }

  /** Unexpired tokens. */
  get tokens(): number {
    return this.#tokens.size;
  }

  /** Live sessions whose target has this key. */
  sessionsOn(targetKey: string): number {
    return this.#live.countOn(targetKey);
  }

  /**
   * Stores `token`, freshly drawn by the caller, for `target`; false when the table is full.
   * `source`: address that asked for it. A sealed token carries everything and needs no room.
   */
  issueToken(now: number, token: string, target: BackendTarget, source?: string): boolean {
    const at = this.tick(now);
    return isSealedToken(token) || this.#tokens.issue(at, token, target, source);
  }

  /** A datagram of a client. The table hands `payload` on; the caller must not write to it. */
  onDatagram(now: number, ingress: In, address: string, port: number, payload: Uint8Array): void {
    const at = this.tick(now);
    const session = this.#live.find(address, port);
    if (port === 0) {
      this.#observer.packetDropped("source_port_zero", "client");
    } else if (!this.#guard.admits(at, address)) {
      this.#observer.packetDropped("packet_rate", "client");
    } else if (session === undefined && this.#draining) {
      this.#observer.packetDropped("draining", "client");
    } else if (isControlPacket(payload, this.#options.magic)) {
      this.#onControlPacket(at, ingress, address, port, session, payload);
    } else if (session !== undefined) {
      this.#forward(at, session, ingress, payload);
    } else if (!this.#gate?.joins(ingress, address, port, payload)) {
      this.#onFirstPacket(at, ingress, address, port, payload);
    }
  }

  /** A datagram of the backend that `session` had in `generation`, for the given data port. */
  onBackendDatagram(
    now: number,
    session: Session<Attachment>,
    generation: number,
    dataPort: string,
    payload: Uint8Array,
  ): void {
    const at = this.tick(now);
    const node = session as SessionNode<Attachment>;
    if (node.closed || node.generation !== generation) {
      this.#observer.packetDropped("late_backend_packet", "server");
      return;
    }
    if (!node.proven && !spendReply(node, payload.length)) {
      this.#observer.packetDropped("reply_capped", "server");
      return;
    }
    this.#live.touch(node, at);
    this.#executor.forwardToClient(node, dataPort, payload);
  }

  /**
   * Re-target asked for over TCP from `address`. Without `port` the address must have exactly
   * one session. Never creates a session: the caller's UDP port is not known. The token counts
   * as used by the session's socket.
   */
  resetByQuery(
    now: number,
    address: string,
    port: number | undefined,
    token: string,
  ): QueryResetResult {
    const at = this.tick(now);
    const sessions = this.#live.of(address);
    const session = port === undefined ? sessions?.values().next().value : sessions?.get(port);
    const one = sessions === undefined || sessions.size === 1 || port !== undefined;
    // Only a session that will be moved uses the token up; else this is a question.
    const user = one ? session?.clientPort : undefined;
    const verdict = this.#lookUp(at, token, address, user);
    this.#report(at, address, verdict);
    if (!verdict.ok) return { ok: false, reason: "invalid_token" };
    if (port === undefined && sessions !== undefined && sessions.size > 1) {
      return { ok: false, reason: "ambiguous", sessions: sessions.size };
    }
    if (session === undefined) return { ok: false, reason: "no_session" };
    this.#retarget(at, session, verdict.target, "query");
    return { ok: true };
  }

  /** From now on no session is opened or taken over. Live ones go on and can be moved. */
  drain(): void {
    this.#draining = true;
  }

  /** Live sessions in order of creation. Sessions may end and open while one iterates. */
  sessions(): IterableIterator<Session<Attachment>> {
    return this.#live.values();
  }

  /** Sessions that were active at `time` or later, the latest first. */
  activeSince(time: number): Session<Attachment>[] {
    const found: Session<Attachment>[] = [];
    for (let node = this.#live.newest; node !== undefined; node = node.older) {
      if (node.lastActiveAt < time) break;
      found.push(node);
    }
    return found;
  }

  /** The live session of a client. */
  sessionOf(address: string, port: number): Session<Attachment> | undefined {
    return this.#live.find(address, port);
  }

  /** Unexpired UUID tokens; they may expire and be granted while one iterates. */
  tokenEntries(): IterableIterator<[token: string, entry: TokenEntry]> {
    return this.#tokens.entries();
  }

  /**
   * Takes over a session; false when its client has one, its idle time is over, or the table is
   * full. Several are restored in order of `lastActiveAt`.
   */
  restore(now: number, session: RestoredSession): boolean {
    const at = this.tick(now);
    const { clientAddress, clientPort, lastActiveAt } = session;
    if (this.#draining || this.sessionOf(clientAddress, clientPort) !== undefined) return false;
    if (this.#live.size >= this.#options.maxSessions) return false;
    if (at >= lastActiveAt + this.#options.sessionTimeoutMs) return false;
    // The list is in order of activity, and nobody is active in the future.
    const newest = this.#live.newest?.lastActiveAt ?? lastActiveAt;
    this.#insert({ ...session, lastActiveAt: Math.min(at, Math.max(newest, lastActiveAt)) });
    return true;
  }

  /** Takes over a token that was granted before a restart or by another director. */
  learnToken(now: number, token: string, entry: TokenEntry): void {
    this.#tokens.learn(this.tick(now), token, entry);
  }

  /** The live session with this id. */
  session(id: number): Session<Attachment> | undefined {
    return this.#live.byId(id);
  }

  /**
   * Moves a session without its client asking, which is no activity of it. False when it has
   * ended. A move to the target that it has is done already.
   */
  move(now: number, id: number, target: BackendTarget, cause: MoveCause): boolean {
    this.tick(now);
    const session = this.#live.byId(id);
    if (session === undefined) return false;
    this.#switch(session, target, cause);
    return true;
  }

  /** Gives a session the target that another director gave it at `since`; no activity of it. */
  follow(now: number, id: number, target: BackendTarget, since: number): void {
    if (!this.move(now, id, target, "replica")) return;
    const session = this.#live.byId(id);
    if (session !== undefined) session.targetSince = since;
  }

  /** Ends a session; false when it has ended already. */
  end(now: number, id: number): boolean {
    const at = this.tick(now);
    const session = this.#live.byId(id);
    if (session === undefined) return false;
    this.#close(at, session, "operator");
    return true;
  }

  /** Ends what has expired at `now`; returns the time that counts as now. */
  tick(now: number): number {
    if (now > this.#now) this.#now = now;
    const at = this.#now;
    for (let node = this.#live.oldest; node !== undefined; node = this.#live.oldest) {
      if (at < node.lastActiveAt + this.#options.sessionTimeoutMs) break;
      this.#close(at, node, "idle");
    }
    this.#tokens.expire(at);
    return at;
  }

  /** Ends every session. The table stays usable. */
  closeAll(now: number): void {
    const at = this.tick(now);
    for (let node = this.#live.oldest; node !== undefined; node = this.#live.oldest) {
      this.#close(at, node, "shutdown");
    }
  }

  #onControlPacket(
    at: number,
    ingress: In,
    address: string,
    port: number,
    session: SessionNode<Attachment> | undefined,
    payload: Uint8Array,
  ): void {
    const token = this.#readToken(payload, this.#options.magic.length);
    if (token === undefined) {
      this.#observer.packetDropped("reset_malformed", "client");
      return;
    }
    if (this.#turnsAway(at, address)) return;
    const verdict = this.#lookUp(at, token, address, port);
    const unknown = !verdict.ok && verdict.reason === "unknown";
    if (unknown && this.#gate?.takes(ingress, address, port, payload, token)) return;
    this.#report(at, address, verdict);
    if (!verdict.ok) {
      const reason = verdict.reason === "unknown" ? "reset_token_invalid" : verdict.reason;
      this.#observer.packetDropped(reason, "client");
    } else if (session === undefined) {
      const opened = this.#open(at, address, port, verdict.target, "token");
      if (opened !== undefined) this.#acknowledge(opened, ingress, token);
    } else {
      this.#retarget(at, session, verdict.target, "packet");
      this.#acknowledge(session, ingress, token);
    }
  }

  /** True, and counted, for a banned source. Its live sessions are not asked. */
  #turnsAway(at: number, address: string): boolean {
    if (!this.#guard.banned(at, address)) return false;
    this.#observer.packetDropped("banned", "client");
    return true;
  }

  #acknowledge(session: SessionNode<Attachment>, ingress: In, token: string): void {
    if (this.#options.ackPackets) this.#executor.acknowledge?.(session, ingress, token);
  }

  #onFirstPacket(at: number, ingress: In, address: string, port: number, payload: Uint8Array) {
    if (this.#turnsAway(at, address)) return;
    const token = this.#readToken(payload);
    const verdict = token && this.#lookUp(at, token, address, port);
    const unknown = !verdict || (!verdict.ok && verdict.reason === "unknown");
    if (unknown && this.#gate?.takes(ingress, address, port, payload, token)) return;
    if (token && verdict) {
      this.#report(at, address, verdict);
      if (verdict.ok) {
        const opened = this.#open(at, address, port, verdict.target, "token");
        if (opened !== undefined) this.#acknowledge(opened, ingress, token);
        return;
      }
      // A token that is refused is no data: no backend gets to see it.
      if (verdict.reason !== "unknown") {
        this.#observer.packetDropped(verdict.reason, "client");
        return;
      }
    }
    if (this.#isFull()) return;
    const target = this.#defaultEndpoint.choose(address);
    if (target === undefined) {
      this.#observer.packetDropped("no_default_endpoint", "client");
    } else if (!target.ports.has(ingress.dataPort)) {
      this.#observer.packetDropped("no_port_mapping", "client");
    } else {
      const session = this.#open(at, address, port, target, "default");
      if (session !== undefined) this.#forward(at, session, ingress, payload);
    }
  }

  #forward(at: number, session: SessionNode<Attachment>, ingress: In, payload: Uint8Array): void {
    const backendPort = session.target.ports.get(ingress.dataPort);
    if (backendPort === undefined) {
      this.#observer.packetDropped("no_port_mapping", "client");
      return;
    }
    this.#live.touch(session, at);
    const { unproven } = this.#options;
    if (!session.proven && unproven) earnReply(session, unproven, payload.length);
    this.#executor.forwardToBackend(session, ingress, backendPort, payload);
  }

  #readToken(payload: Uint8Array, start = 0): string | undefined {
    const token = readToken(payload, start);
    if (token !== undefined || this.#options.sealed === undefined) return token;
    return readSealedToken(payload, start);
  }

  /** Without `port` nobody uses the token yet: it is only looked at. */
  #lookUp(at: number, token: string, address: string, port: number | undefined): TokenVerdict {
    const { sealed } = this.#options;
    return sealed !== undefined && token.startsWith(SEALED_PREFIX)
      ? this.#tokens.admitSealed(at, token, sealed.open(token), address, port)
      : this.#tokens.admit(at, token, address, port);
  }

  #report(at: number, address: string, verdict: TokenVerdict): void {
    this.#observer.tokenLookup(verdict.ok);
    if (!verdict.ok) this.#guard.tokenFailed(at, address);
  }

  #isFull(): boolean {
    if (this.#live.size < this.#options.maxSessions) return false;
    this.#observer.packetDropped("sessions_full", "client");
    return true;
  }

  #open(
    at: number,
    address: string,
    port: number,
    target: BackendTarget,
    origin: SessionOrigin,
  ): SessionNode<Attachment> | undefined {
    if (this.#isFull()) return undefined;
    if (!this.#guard.mayOpen(at, address)) {
      this.#observer.packetDropped("session_rate", "client");
      return undefined;
    }
    const node = this.#insert({
      clientAddress: address,
      clientPort: port,
      origin,
      createdAt: at,
      lastActiveAt: at,
      targetSince: at,
      target,
    });
    this.#observer.sessionOpened(node);
    this.#options.keeper?.sessionChanged(node);
    return node;
  }

  #insert(session: RestoredSession): SessionNode<Attachment> {
    const node: SessionNode<Attachment> = {
      id: ++this.#opened,
      clientAddress: session.clientAddress,
      clientPort: session.clientPort,
      origin: session.origin,
      createdAt: session.createdAt,
      lastActiveAt: session.lastActiveAt,
      targetSince: session.targetSince,
      target: session.target,
      generation: 0,
      closed: false,
      proven: session.origin === "token" || this.#options.unproven === undefined,
      answered: false,
      replyCredit: 0,
      attachment: undefined,
      older: undefined,
      newer: undefined,
    };
    this.#live.add(node);
    this.#executor.openSession(node);
    return node;
  }

  /** The client asked, with a token: activity, and proof that it receives what is sent to it. */
  #retarget(
    at: number,
    session: SessionNode<Attachment>,
    target: BackendTarget,
    cause: RetargetCause,
  ): void {
    this.#live.touch(session, at);
    session.proven = true;
    this.#switch(session, target, cause);
  }

  /** A target with the same address and ports changes nothing that the backend could see. */
  #switch(session: SessionNode<Attachment>, target: BackendTarget, cause: RetargetCause): void {
    const previous = session.target;
    if (previous.key === target.key) {
      session.target = target;
      return;
    }
    this.#live.retarget(session, target);
    session.targetSince = this.#now;
    session.generation++;
    this.#executor.retarget(session, previous);
    this.#observer.sessionRetargeted(session, cause);
    this.#options.keeper?.sessionChanged(session);
  }

  #close(at: number, node: SessionNode<Attachment>, reason: CloseReason): void {
    node.closed = true;
    this.#live.remove(node);
    this.#executor.closeSession(node);
    this.#observer.sessionClosed(node, reason, at);
    this.#options.keeper?.sessionEnded(node, reason);
  }
}
