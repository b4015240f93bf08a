import { ClientPackets } from "./client-packets.ts";
import { ConnectionAdmission, type ConnectionVerdict } from "./connections.ts";
import { Newcomers } from "./newcomers.ts";
import type { Session, SessionNode, Transport } from "./session.ts";
import { type SessionIndex, socketKey } from "./session-index.ts";
import { SessionLifecycle } from "./session-lifecycle.ts";
import type { QueryResetResult, RestoredSession, SessionTableOptions } from "./session-options.ts";
import type {
  DefaultEndpoint,
  FirstPacketGate,
  Ingress,
  MoveCause,
  SessionExecutor,
  SessionGuard,
  SessionObserver,
  TokenEntry,
} from "./session-ports.ts";
import type { BackendTarget } from "./target.ts";
import { TokenAdmission } from "./token-admission.ts";

/** Lets everybody in. */
const OPEN_DOOR: SessionGuard = {
  admits: () => true,
  banned: () => false,
  mayOpen: () => true,
  tokenFailed: () => undefined,
};

/**
 * The director's decisions: tokens, sessions, re-targets, expiry. A state machine without
 * sockets, clock or randomness: every event brings its own time (milliseconds, monotonic;
 * an earlier time than before counts as the last one) and leads to synchronous calls of the
 * executor. Nothing is allocated for a packet of an established session.
 * Source: spec/001 "Three-Phase Flow", "Session Management".
 */
export class SessionTable<Attachment, In extends Ingress = Ingress> {
  readonly #options: SessionTableOptions;
  readonly #observer: SessionObserver;
  readonly #tokens: TokenAdmission;
  readonly #life: SessionLifecycle<Attachment, In>;
  readonly #live: SessionIndex<Attachment>;
  readonly #connections: ConnectionAdmission<Attachment, In>;
  readonly #packets: ClientPackets<Attachment, In>;
  #now = Number.NEGATIVE_INFINITY;

  constructor(
    options: SessionTableOptions,
    executor: SessionExecutor<Attachment, In>,
    observer: SessionObserver,
    defaultEndpoint: DefaultEndpoint,
    guard: SessionGuard = OPEN_DOOR,
  ) {
    const tokens = new TokenAdmission(options, observer, guard);
    const life = new SessionLifecycle(options, executor, observer);
    const newcomers = new Newcomers(life, guard, defaultEndpoint);
    const parts = { options, executor, observer, guard, tokens, life, newcomers };
    this.#options = options;
    this.#observer = observer;
    this.#tokens = tokens;
    this.#life = life;
    this.#live = life.live;
    this.#packets = new ClientPackets(parts);
    this.#connections = new ConnectionAdmission(
      {
        get joinByAddress() {
          return options.joinByAddress ?? true;
        },
        get bindToSource() {
          return options.tokenRules?.bindToSource ?? false;
        },
      },
      life.live,
      newcomers,
      tokens,
      guard,
    );
  }

  /** Asked about unknown clients and tokens from now on. */
  set gate(gate: FirstPacketGate<In>) {
    this.#packets.gate = gate;
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
    return this.#tokens.issue(this.tick(now), token, target, source);
  }

  /** A datagram of a client. The table hands `payload` on; the caller must not write to it. */
  onDatagram(now: number, ingress: In, address: string, port: number, payload: Uint8Array): void {
    this.#packets.read(this.tick(now), ingress, address, port, payload);
  }

  /**
   * A TCP connection that a client has made to a data port, with the token of its prelude if it
   * had one. It is one more of the session's connections from now on, or turned away.
   */
  onConnection(
    now: number,
    dataPort: string,
    address: string,
    port: number,
    token: string | undefined,
    rangePort?: number,
  ): ConnectionVerdict<Attachment> {
    const at = this.tick(now);
    const client = { address, port, transport: "tcp", rangePort } as const;
    const target = rangePort === undefined ? undefined : this.#options.rangeTarget?.(rangePort);
    return this.#connections.admit(at, client, dataPort, token, this.#packets.draining, target);
  }

  /** Something has passed of the session that this table did not see: a stream, or a kernel's packets. */
  onActivity(now: number, session: Session<Attachment>): void {
    const at = this.tick(now);
    if (!session.closed) this.#live.touch(session as SessionNode<Attachment>, at);
  }

  /**
   * Packets of a restored session have passed since before this process: activity, and its client
   * had been proven then, as only such clients' packets pass by themselves.
   */
  onFound(now: number, session: Session<Attachment>): void {
    this.onActivity(now, session);
    (session as SessionNode<Attachment>).proven = true;
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
    } else {
      this.#life.reply(at, node, dataPort, payload);
    }
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
    const session =
      port === undefined ? this.#live.onlyOf(address) : this.#live.find(address, port);
    // Only a session that will be moved uses the token up; else this is a question.
    const user = session && socketKey(session.clientPort, session.transport);
    const verdict = this.#tokens.lookUp(at, token, address, user);
    this.#tokens.report(at, address, verdict);
    if (!verdict.ok) return { ok: false, reason: "invalid_token" };
    const sessions = this.#live.countOf(address);
    if (port === undefined && sessions > 1) return { ok: false, reason: "ambiguous", sessions };
    if (session === undefined) return { ok: false, reason: "no_session" };
    this.#packets.retarget(at, session, verdict.target, "query", token);
    return { ok: true };
  }

  /** From now on no session is opened or taken over. Live ones go on and can be moved. */
  drain(): void {
    this.#packets.draining = true;
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
  sessionOf(
    address: string,
    port: number,
    transport: Transport = "udp",
    rangePort?: number,
  ): Session<Attachment> | undefined {
    return this.#live.find(address, port, transport, rangePort);
  }

  /** Whether a port of a port range has live sessions. */
  hasSessionsAt(rangePort: number): boolean {
    return this.#live.hasAt(rangePort);
  }

  /** The live session that this token opened or last moved. */
  holderOf(token: string): Session<Attachment> | undefined {
    return this.#live.holderOf(token);
  }

  /** True for a UUID token that was granted or learnt and lives, and for every sealed one. */
  knowsToken(now: number, token: string): boolean {
    return this.#tokens.knows(this.tick(now), token);
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
    const { clientAddress, clientPort, transport, rangePort } = session;
    if (this.#packets.draining) return false;
    if (this.#live.find(clientAddress, clientPort, transport, rangePort)) return false;
    return this.#life.restore(at, session);
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
    const at = this.tick(now);
    const session = this.#live.byId(id);
    if (session === undefined) return false;
    this.#life.retarget(at, session, target, cause);
    return true;
  }

  /** Gives a session the target that another director gave it at `since`; no activity of it. */
  follow(
    now: number,
    id: number,
    target: BackendTarget,
    since: number,
    token: string | undefined,
  ): void {
    if (!this.move(now, id, target, "replica")) return;
    const session = this.#live.byId(id);
    if (session === undefined) return;
    session.targetSince = since;
    if (token !== undefined) this.#live.hold(session, token);
  }

  /** Ends a session; false when it has ended already. */
  end(now: number, id: number): boolean {
    const at = this.tick(now);
    const session = this.#live.byId(id);
    if (session === undefined) return false;
    this.#life.close(at, session, "operator");
    return true;
  }

  /** Ends what has expired at `now`; returns the time that counts as now. */
  tick(now: number): number {
    if (now > this.#now) this.#now = now;
    this.#life.expire(this.#now);
    this.#tokens.expire(this.#now);
    return this.#now;
  }

  /** Ends every session. The table stays usable. */
  closeAll(now: number): void {
    const at = this.tick(now);
    for (let node = this.#live.oldest; node !== undefined; node = this.#live.oldest) {
      this.#life.close(at, node, "shutdown");
    }
  }
}
