import { type Proof, readProof } from "../protocol/challenge-packet.ts";
import { isControlPacket } from "../protocol/control-packet.ts";
import type { Session, SessionNode } from "./session.ts";
import type { SessionIndex } from "./session-index.ts";
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
  readonly #defaultEndpoint: DefaultEndpoint;
  readonly #guard: SessionGuard;
  readonly #tokens: TokenAdmission;
  readonly #life: SessionLifecycle<Attachment, In>;
  readonly #live: SessionIndex<Attachment>;
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
    this.#defaultEndpoint = defaultEndpoint;
    this.#guard = guard;
    this.#tokens = new TokenAdmission(options, observer, guard);
    this.#life = new SessionLifecycle(options, executor, observer);
    this.#live = this.#life.live;
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
    const session = this.#live.find(address, port);
    if (port === 0) {
      this.#drop("source_port_zero");
    } else if (!this.#guard.admits(at, address)) {
      this.#drop("packet_rate");
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
    const user = one ? session?.clientPort : undefined;
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
  sessionOf(address: string, port: number): Session<Attachment> | undefined {
    return this.#live.find(address, port);
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
    if (this.#draining || this.sessionOf(session.clientAddress, session.clientPort)) return false;
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
      const opened = this.#open(at, address, port, verdict.target, token);
      if (opened !== undefined) this.#acknowledge(opened, ingress, token);
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
        const opened = this.#open(at, address, port, verdict.target, token);
        if (opened !== undefined) this.#acknowledge(opened, ingress, token);
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
    if (this.#turnsBackFull()) return;
    const target = this.#defaultEndpoint.choose(address);
    if (target === undefined) {
      this.#drop("no_default_endpoint");
    } else if (!target.ports.has(ingress.dataPort)) {
      this.#drop("no_port_mapping");
    } else {
      const session = this.#open(at, address, port, target, undefined);
      if (session === undefined) return;
      if (payload === undefined) session.proven = true;
      else this.#life.forward(at, session, ingress, payload);
    }
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
    const rule = this.#resumeRule;
    if (rule === "off") return false;
    const holder = this.#live.holderOf(token);
    if (holder === undefined) return false;
    if (rule === "sameAddress" && holder.clientAddress !== address) return false;
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

  /** Another director may know a session that such a token opened. */
  #isOld(reason: TokenRefusal | "unknown"): boolean {
    return reason === "unknown" || (reason === "token_expired" && this.#resumeRule !== "off");
  }

  /** A new session for a client that has none, as far as there is room and it may have one. */
  #open(
    at: number,
    clientAddress: string,
    clientPort: number,
    target: BackendTarget,
    token: string | undefined,
  ): SessionNode<Attachment> | undefined {
    if (this.#turnsBackFull()) return undefined;
    if (!this.#guard.mayOpen(at, clientAddress)) {
      this.#drop("session_rate");
      return undefined;
    }
    const origin = token === undefined ? "default" : "token";
    const times = { createdAt: at, lastActiveAt: at, targetSince: at };
    return this.#life.open({ clientAddress, clientPort, origin, token, ...times, target });
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
