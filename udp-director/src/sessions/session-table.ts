import { type Proof, readProof } from "../protocol/challenge-packet.ts";
import { isControlPacket } from "../protocol/control-packet.ts";
import { ConnectionAdmission, type ConnectionVerdict } from "./connections.ts";
import { Newcomers } from "./newcomers.ts";
import type { Session, SessionNode, Transport } from "./session.ts";
import { type SessionIndex, socketKey } from "./session-index.ts";
import { SessionLifecycle } from "./session-lifecycle.ts";
import type {
  QueryResetResult,
  RestoredSession,
  ResumeRule,
  SessionTableOptions,
} from "./session-options.ts";
import type {
  DefaultEndpoint,
  DropReason,
  FirstPacketGate,
  Ingress,
  MoveCause,
  RetargetCause,
  SessionExecutor,
  SessionGuard,
  SessionObserver,
  TokenEntry,
  TokenRefusal,
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
  readonly #executor: SessionExecutor<Attachment, In>;
  readonly #observer: SessionObserver;
  readonly #guard: SessionGuard;
  readonly #tokens: TokenAdmission;
  readonly #life: SessionLifecycle<Attachment, In>;
  readonly #live: SessionIndex<Attachment>;
  readonly #newcomers: Newcomers<Attachment, In>;
  readonly #connections: ConnectionAdmission<Attachment, In>;
  readonly #resumeRule: ResumeRule;
  #gate: FirstPacketGate<In> | undefined;
  #draining = false;
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
    this.#guard = guard;
    this.#tokens = new TokenAdmission(options, observer, guard);
    this.#life = new SessionLifecycle(options, executor, observer);
    this.#live = this.#life.live;
    this.#newcomers = new Newcomers(this.#life, guard, defaultEndpoint);
    this.#connections = new ConnectionAdmission(
      {
        get joinByAddress() {
          return options.joinByAddress ?? true;
        },
        get bindToSource() {
          return options.tokenRules?.bindToSource ?? false;
        },
      },
      this.#live,
      this.#newcomers,
      this.#tokens,
      guard,
    );
    this.#resumeRule = options.resume ?? "off";
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
    return this.#tokens.issue(this.tick(now), token, target, source);
  }

  /** A datagram of a client. The table hands `payload` on; the caller must not write to it. */
  onDatagram(now: number, ingress: In, address: string, port: number, payload: Uint8Array): void {
    const at = this.tick(now);
    const session = this.#live.find(address, port, "udp", ingress.rangePort);
    if (port === 0) {
      this.#drop("source_port_zero");
    } else if (!this.#guard.admits(at, address)) {
      this.#drop("packet_rate");
    } else if (ingress.rangePort !== undefined) {
      this.#onRangePacket(at, ingress, address, port, session, payload);
    } else if (session === undefined && this.#draining) {
      this.#onDrained(at, ingress, address, port, payload);
    } else if (isControlPacket(payload, this.#options.magic)) {
      this.#onControlPacket(at, ingress, address, port, session, payload);
    } else if (session !== undefined) {
      this.#life.forward(at, session, ingress, payload);
    } else if (!this.#gate?.joins(ingress, address, port, payload)) {
      this.#onFirstPacket(at, ingress, address, port, payload);
    }
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
    return this.#connections.admit(at, client, dataPort, token, this.#draining, target);
  }

  /** Bytes have passed on one of the session's connections. */
  onStream(now: number, session: Session<Attachment>): void {
    const at = this.tick(now);
    if (!session.closed) this.#live.touch(session as SessionNode<Attachment>, at);
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
    const sessions = this.#live.of(address);
    const session = port === undefined ? sessions?.values().next().value : sessions?.get(port);
    const one = sessions === undefined || sessions.size === 1 || port !== undefined;
    // Only a session that will be moved uses the token up; else this is a question.
    const user = one && session ? socketKey(session.clientPort, session.transport) : undefined;
    const verdict = this.#tokens.lookUp(at, token, address, user);
    this.#tokens.report(at, address, verdict);
    if (!verdict.ok) return { ok: false, reason: "invalid_token" };
    if (port === undefined && sessions !== undefined && sessions.size > 1) {
      return { ok: false, reason: "ambiguous", sessions: sessions.size };
    }
    if (session === undefined) return { ok: false, reason: "no_session" };
    this.#retarget(at, session, verdict.target, "query", token);
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
    if (this.#draining) return false;
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

  #onControlPacket(
    at: number,
    ingress: In,
    address: string,
    port: number,
    session: SessionNode<Attachment> | undefined,
    payload: Uint8Array,
  ): void {
    const { challenge, magic } = this.#options;
    const proof = challenge && readProof(payload, magic);
    if (proof && !this.#believes(proof, address, port)) return;
    const token = proof ? proof.token : this.#tokens.read(payload, magic.length);
    const bare = proof !== undefined && token === undefined;
    if (!token && !bare) {
      this.#drop("reset_malformed");
      return;
    }
    if (this.#turnsAway(at, address)) return;
    if (!token) {
      // Of a repeated proof the first one has opened the session.
      if (session === undefined) this.#openDefault(at, ingress, address, port, undefined);
      return;
    }
    if (this.#resume(at, ingress, address, port, session, token, proof !== undefined)) return;
    const newcomer = session === undefined && proof === undefined && challenge?.always;
    const verdict = this.#tokens.lookUp(at, token, address, newcomer ? undefined : port);
    const unknown = !verdict.ok && this.#isOld(verdict.reason);
    if (unknown && this.#gate?.takes(ingress, address, port, payload, token)) return;
    this.#tokens.report(at, address, verdict);
    if (!verdict.ok) {
      this.#drop(verdict.reason === "unknown" ? "reset_token_invalid" : verdict.reason);
    } else if (newcomer) {
      if (!this.#turnsBackFull()) this.#challenge(ingress, address, port);
    } else if (session === undefined) {
      this.#open(at, ingress, address, port, verdict.target, token);
    } else {
      this.#retarget(at, session, verdict.target, "packet", token);
      this.#acknowledge(session, ingress, token);
    }
  }

  #onFirstPacket(at: number, ingress: In, address: string, port: number, payload: Uint8Array) {
    if (this.#turnsAway(at, address)) return;
    const { challenge } = this.#options;
    const token = this.#tokens.read(payload);
    if (token && this.#resume(at, ingress, address, port, undefined, token, false)) return;
    const user = challenge?.always ? undefined : port;
    const verdict = token && this.#tokens.lookUp(at, token, address, user);
    const unknown = !verdict || (!verdict.ok && this.#isOld(verdict.reason));
    if (unknown && this.#gate?.takes(ingress, address, port, payload, token)) return;
    if (token && verdict) {
      this.#tokens.report(at, address, verdict);
      if (verdict.ok) {
        if (challenge?.always) {
          if (!this.#turnsBackFull()) this.#challenge(ingress, address, port);
          return;
        }
        this.#open(at, ingress, address, port, verdict.target, token);
        return;
      }
      // A token that is refused is no data: no backend gets to see it.
      if (verdict.reason !== "unknown") {
        this.#drop(verdict.reason);
        return;
      }
    }
    if (challenge === undefined) this.#openDefault(at, ingress, address, port, payload);
    else if (!this.#turnsBackFull()) this.#challenge(ingress, address, port);
  }

  /** Clients of a port range know nothing of a director: all that they send is data. */
  #onRangePacket(
    at: number,
    ingress: In,
    address: string,
    port: number,
    session: SessionNode<Attachment> | undefined,
    payload: Uint8Array,
  ): void {
    if (session !== undefined) {
      this.#life.forward(at, session, ingress, payload);
    } else if (this.#draining) {
      this.#drop("draining");
    } else if (!this.#turnsAway(at, address)) {
      const { dataPort, rangePort = 0 } = ingress;
      const client = { address, port, transport: "udp", rangePort } as const;
      const target = this.#options.rangeTarget?.(rangePort);
      const opened = this.#newcomers.openRange(at, client, dataPort, target);
      if (typeof opened === "string") this.#drop(opened);
      else this.#life.forward(at, opened, ingress, payload);
    }
  }

  /** Asks a newcomer to prove that it receives at its address; its packet is lost. */
  #challenge(ingress: In, address: string, port: number): void {
    const { challenge } = this.#options;
    if (challenge === undefined) return;
    this.#executor.challenge?.(ingress, address, port, challenge.cookies.draw(address, port));
    this.#drop("challenged");
  }

  #believes({ cookie }: Proof, address: string, port: number): boolean {
    if (this.#options.challenge?.cookies.accepts(cookie, address, port)) return true;
    this.#drop("challenge_failed");
    return false;
  }

  /** Without a `payload` the client has proven that it receives, and sent nothing yet. */
  #openDefault(
    at: number,
    ingress: In,
    address: string,
    port: number,
    payload: Uint8Array | undefined,
  ): void {
    const client = { address, port, transport: "udp" } as const;
    const session = this.#newcomers.openDefault(at, client, ingress.dataPort);
    if (typeof session === "string") this.#drop(session);
    else if (payload === undefined) session.proven = true;
    else this.#life.forward(at, session, ingress, payload);
  }

  /** A packet of a client without a session while no session is opened: it may resume one. */
  #onDrained(at: number, ingress: In, address: string, port: number, payload: Uint8Array): void {
    const { challenge, magic } = this.#options;
    const proof = challenge && readProof(payload, magic);
    if (proof && !this.#believes(proof, address, port)) return;
    const start = isControlPacket(payload, magic) ? magic.length : 0;
    const token = proof ? proof.token : this.#tokens.read(payload, start);
    if (this.#turnsAway(at, address)) return;
    const proven = proof !== undefined;
    if (token && this.#resume(at, ingress, address, port, undefined, token, proven)) return;
    this.#drop("draining");
  }

  /**
   * A token of a live session means that session, wherever it has been moved and however old the
   * token is. From the socket that it has, nothing changes; from another one, its client's side
   * moves there. False where the token means something else, or its client may not resume.
   */
  #resume(
    at: number,
    ingress: In,
    address: string,
    port: number,
    session: SessionNode<Attachment> | undefined,
    token: string,
    proven: boolean,
  ): boolean {
    const holder = this.#live.holderOf(token);
    if (holder === undefined || !this.#mayResume(holder, address)) return false;
    this.#tokens.report(at, address, { ok: true, target: holder.target });
    if (holder !== session && !proven && this.#options.challenge?.always) {
      this.#challenge(ingress, address, port);
      return true;
    }
    if (holder === session) this.#live.touch(holder, at);
    else this.#life.rebind(at, holder, ingress, address, port);
    holder.proven = true;
    this.#acknowledge(holder, ingress, token);
    return true;
  }

  /** A session that has no UDP socket yet gets one from its token, whatever the rule. */
  #mayResume(holder: Session<Attachment>, address: string): boolean {
    const same = holder.clientAddress === address;
    if (holder.transport === "tcp") return same || !this.#options.tokenRules?.bindToSource;
    return this.#resumeRule === "any" || (this.#resumeRule === "sameAddress" && same);
  }

  /** Another director may know a session that such a token opened. */
  #isOld(reason: TokenRefusal | "unknown"): boolean {
    return reason === "unknown" || (reason === "token_expired" && this.#resumeRule !== "off");
  }

  /** A new session for a client with a token, as far as there is room and it may have one. */
  #open(
    at: number,
    ingress: In,
    address: string,
    port: number,
    target: BackendTarget,
    token: string,
  ): void {
    const session = this.#newcomers.open(at, { address, port, transport: "udp" }, target, token);
    if (typeof session === "string") this.#drop(session);
    else this.#acknowledge(session, ingress, token);
  }

  /** The client asked, with a token: activity, and proof that it receives what is sent to it. */
  #retarget(
    at: number,
    session: SessionNode<Attachment>,
    target: BackendTarget,
    cause: RetargetCause,
    token: string,
  ): void {
    this.#live.touch(session, at);
    session.proven = true;
    this.#life.retarget(at, session, target, cause, token);
  }

  #acknowledge(session: SessionNode<Attachment>, ingress: In, token: string): void {
    if (this.#options.ackPackets) this.#executor.acknowledge?.(session, ingress, token);
  }

  /** True, and counted, for a banned source. Its live sessions are not asked. */
  #turnsAway(at: number, address: string): boolean {
    if (!this.#guard.banned(at, address)) return false;
    this.#drop("banned");
    return true;
  }

  /** True, and counted, when there is no room for one more session. */
  #turnsBackFull(): boolean {
    if (!this.#life.full) return false;
    this.#drop("sessions_full");
    return true;
  }

  #drop(reason: DropReason): void {
    this.#observer.packetDropped(reason, "client");
  }
}
