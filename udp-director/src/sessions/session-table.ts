import { isControlPacket } from "../protocol/control-packet.ts";
import { readToken } from "../protocol/token.ts";
import { ActivityList, type Session, type SessionNode, type SessionOrigin } from "./session.ts";
import type {
  CloseReason,
  DefaultEndpoint,
  Ingress,
  RetargetCause,
  SessionExecutor,
  SessionObserver,
} from "./session-ports.ts";
import type { BackendTarget } from "./target.ts";
import { TokenTable } from "./token-table.ts";

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
}

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
  readonly #tokens: TokenTable;
  readonly #activity = new ActivityList<Attachment>();
  readonly #byAddress = new Map<string, Map<number, SessionNode<Attachment>>>();
  readonly #perTarget = new Map<string, number>();
  #size = 0;
  #opened = 0;
  #now = Number.NEGATIVE_INFINITY;

  constructor(
    options: SessionTableOptions,
    executor: SessionExecutor<Attachment, In>,
    observer: SessionObserver,
    defaultEndpoint: DefaultEndpoint,
  ) {
    this.#options = options;
    this.#executor = executor;
    this.#observer = observer;
    this.#defaultEndpoint = defaultEndpoint;
    this.#tokens = new TokenTable(options.tokenTtlMs, options.maxTokens);
  }

  /** Live sessions. */
  get size(): number {
    return this.#size;
  }

  /** Different client addresses among the live sessions. */
  get clients(): number {
    return this.#byAddress.size;
  }

  /** Unexpired tokens. */
  get tokens(): number {
    return this.#tokens.size;
  }

  /** Live sessions whose target has this key. */
  sessionsOn(targetKey: string): number {
    return this.#perTarget.get(targetKey) ?? 0;
  }

  /** Stores `token`, freshly drawn by the caller, for `target`; false when the table is full. */
  issueToken(now: number, token: string, target: BackendTarget): boolean {
    return this.#tokens.issue(this.tick(now), token, target);
  }

  /** A datagram of a client. The table hands `payload` on; the caller must not write to it. */
  onDatagram(now: number, ingress: In, address: string, port: number, payload: Uint8Array): void {
    const at = this.tick(now);
    const session = this.#byAddress.get(address)?.get(port);
    if (port === 0) {
      this.#observer.packetDropped("source_port_zero", "client");
    } else if (isControlPacket(payload, this.#options.magic)) {
      this.#onControlPacket(at, address, port, session, payload);
    } else if (session !== undefined) {
      this.#forward(at, session, ingress, payload);
    } else {
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
    this.#touch(at, node);
    this.#executor.forwardToClient(node, dataPort, payload);
  }

  /**
   * Re-target asked for over TCP from `address`. Without `port` the address must have exactly
   * one session. Never creates a session: the caller's UDP port is not known.
   */
  resetByQuery(
    now: number,
    address: string,
    port: number | undefined,
    token: string,
  ): QueryResetResult {
    const at = this.tick(now);
    const target = this.#lookUp(at, token);
    if (target === undefined) return { ok: false, reason: "invalid_token" };
    const sessions = this.#byAddress.get(address);
    if (port === undefined && sessions !== undefined && sessions.size > 1) {
      return { ok: false, reason: "ambiguous", sessions: sessions.size };
    }
    const session = port === undefined ? sessions?.values().next().value : sessions?.get(port);
    if (session === undefined) return { ok: false, reason: "no_session" };
    this.#retarget(at, session, target, "query");
    return { ok: true };
  }

  /** Ends what has expired at `now`; returns the time that counts as now. */
  tick(now: number): number {
    if (now > this.#now) this.#now = now;
    const at = this.#now;
    for (let node = this.#activity.oldest; node !== undefined; node = this.#activity.oldest) {
      if (at < node.lastActiveAt + this.#options.sessionTimeoutMs) break;
      this.#close(at, node, "idle");
    }
    this.#tokens.expire(at);
    return at;
  }

  /** Ends every session. The table stays usable. */
  closeAll(now: number): void {
    const at = this.tick(now);
    for (let node = this.#activity.oldest; node !== undefined; node = this.#activity.oldest) {
      this.#close(at, node, "shutdown");
    }
  }

  #onControlPacket(
    at: number,
    address: string,
    port: number,
    session: SessionNode<Attachment> | undefined,
    payload: Uint8Array,
  ): void {
    const token = readToken(payload, this.#options.magic.length);
    if (token === undefined) {
      this.#observer.packetDropped("reset_malformed", "client");
      return;
    }
    const target = this.#lookUp(at, token);
    if (target === undefined) {
      this.#observer.packetDropped("reset_token_invalid", "client");
    } else if (session === undefined) {
      this.#open(at, address, port, target, "token");
    } else {
      this.#retarget(at, session, target, "packet");
    }
  }

  #onFirstPacket(at: number, ingress: In, address: string, port: number, payload: Uint8Array) {
    const token = readToken(payload);
    const granted = token === undefined ? undefined : this.#lookUp(at, token);
    if (granted !== undefined) {
      this.#open(at, address, port, granted, "token");
      return;
    }
    if (this.#isFull()) return;
    const target = this.#defaultEndpoint.choose();
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
    this.#touch(at, session);
    this.#executor.forwardToBackend(session, ingress, backendPort, payload);
  }

  #lookUp(at: number, token: string): BackendTarget | undefined {
    const target = this.#tokens.find(at, token);
    this.#observer.tokenLookup(target !== undefined);
    return target;
  }

  #isFull(): boolean {
    if (this.#size < this.#options.maxSessions) return false;
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
    const node: SessionNode<Attachment> = {
      id: ++this.#opened,
      clientAddress: address,
      clientPort: port,
      origin,
      createdAt: at,
      lastActiveAt: at,
      target,
      generation: 0,
      closed: false,
      attachment: undefined,
      older: undefined,
      newer: undefined,
    };
    const siblings = this.#byAddress.get(address);
    if (siblings === undefined) this.#byAddress.set(address, new Map([[port, node]]));
    else siblings.set(port, node);
    this.#size++;
    this.#count(target, 1);
    this.#activity.add(node);
    this.#executor.openSession(node);
    this.#observer.sessionOpened(node);
    return node;
  }

  /** A token for the backend that the session already has only counts as activity. */
  #retarget(
    at: number,
    session: SessionNode<Attachment>,
    target: BackendTarget,
    cause: RetargetCause,
  ): void {
    this.#touch(at, session);
    const previous = session.target;
    if (previous.key === target.key) return;
    this.#count(previous, -1);
    this.#count(target, 1);
    session.target = target;
    session.generation++;
    this.#executor.retarget(session, previous);
    this.#observer.sessionRetargeted(session, cause);
  }

  #close(at: number, node: SessionNode<Attachment>, reason: CloseReason): void {
    node.closed = true;
    this.#activity.remove(node);
    const siblings = this.#byAddress.get(node.clientAddress);
    siblings?.delete(node.clientPort);
    if (siblings?.size === 0) this.#byAddress.delete(node.clientAddress);
    this.#size--;
    this.#count(node.target, -1);
    this.#executor.closeSession(node);
    this.#observer.sessionClosed(node, reason, at);
  }

  #touch(at: number, node: SessionNode<Attachment>): void {
    node.lastActiveAt = at;
    this.#activity.touch(node);
  }

  #count(target: BackendTarget, by: 1 | -1): void {
    const count = this.sessionsOn(target.key) + by;
    if (count === 0) this.#perTarget.delete(target.key);
    else this.#perTarget.set(target.key, count);
  }
}
