import { type Proof, readProof } from "../protocol/challenge-packet.ts";
import { isControlPacket } from "../protocol/control-packet.ts";
import type { Newcomers } from "./newcomers.ts";
import type { Session, SessionNode } from "./session.ts";
import type { SessionLifecycle } from "./session-lifecycle.ts";
import type { ResumeRule, SessionTableOptions } from "./session-options.ts";
import type {
  DropReason,
  FirstPacketGate,
  Ingress,
  RetargetCause,
  SessionExecutor,
  SessionGuard,
  SessionObserver,
  TokenRefusal,
} from "./session-ports.ts";
import type { BackendTarget } from "./target.ts";
import type { TokenAdmission } from "./token-admission.ts";

/** What reading packets takes of the session table. */
export interface PacketParts<Attachment, In extends Ingress> {
  readonly options: SessionTableOptions;
  readonly executor: Pick<SessionExecutor<Attachment, In>, "acknowledge" | "challenge">;
  readonly observer: Pick<SessionObserver, "packetDropped">;
  readonly guard: Pick<SessionGuard, "admits" | "banned">;
  readonly tokens: TokenAdmission;
  readonly life: SessionLifecycle<Attachment, In>;
  readonly newcomers: Newcomers<Attachment, In>;
}

/**
 * What a client's datagram means: data of its session, a control packet, a token, a proof, or the
 * first words of a client that nobody knows. `at` is the table's time.
 */
export class ClientPackets<Attachment, In extends Ingress> {
  /** Asked about unknown clients and tokens. */
  gate: FirstPacketGate<In> | undefined;
  /** No session is opened any more. */
  draining = false;
  readonly #options: SessionTableOptions;
  readonly #executor: PacketParts<Attachment, In>["executor"];
  readonly #observer: PacketParts<Attachment, In>["observer"];
  readonly #guard: PacketParts<Attachment, In>["guard"];
  readonly #tokens: TokenAdmission;
  readonly #life: SessionLifecycle<Attachment, In>;
  readonly #newcomers: Newcomers<Attachment, In>;
  readonly #resumeRule: ResumeRule;

  constructor(parts: PacketParts<Attachment, In>) {
    this.#options = parts.options;
    this.#executor = parts.executor;
    this.#observer = parts.observer;
    this.#guard = parts.guard;
    this.#tokens = parts.tokens;
    this.#life = parts.life;
    this.#newcomers = parts.newcomers;
    this.#resumeRule = parts.options.resume ?? "off";
  }

  /** A datagram of a client. */
  read(at: number, ingress: In, address: string, port: number, payload: Uint8Array): void {
    const session = this.#life.live.find(address, port, "udp", ingress.rangePort);
    if (port === 0) {
      this.#drop("source_port_zero");
    } else if (!this.#guard.admits(at, address)) {
      this.#drop("packet_rate");
    } else if (ingress.rangePort !== undefined) {
      this.#onRangePacket(at, ingress, address, port, session, payload);
    } else if (session === undefined && this.draining) {
      this.#onDrained(at, ingress, address, port, payload);
    } else if (isControlPacket(payload, this.#options.magic)) {
      this.#onControlPacket(at, ingress, address, port, session, payload);
    } else if (session !== undefined) {
      this.#life.forward(at, session, ingress, payload);
    } else if (!this.gate?.joins(ingress, address, port, payload)) {
      this.#onFirstPacket(at, ingress, address, port, payload);
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
    if (unknown && this.gate?.takes(ingress, address, port, payload, token)) return;
    this.#tokens.report(at, address, verdict);
    if (!verdict.ok) {
      this.#drop(verdict.reason === "unknown" ? "reset_token_invalid" : verdict.reason);
    } else if (newcomer) {
      if (!this.#turnsBackFull()) this.#challenge(ingress, address, port);
    } else if (session === undefined) {
      this.#open(at, ingress, address, port, verdict.target, token);
    } else {
      this.retarget(at, session, verdict.target, "packet", token);
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
    if (unknown && this.gate?.takes(ingress, address, port, payload, token)) return;
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
    } else if (this.draining) {
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
    const holder = this.#life.live.holderOf(token);
    if (holder === undefined || !this.#mayResume(holder, address)) return false;
    this.#tokens.report(at, address, { ok: true, target: holder.target });
    if (holder !== session && !proven && this.#options.challenge?.always) {
      this.#challenge(ingress, address, port);
      return true;
    }
    if (holder === session) this.#life.live.touch(holder, at);
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
  retarget(
    at: number,
    session: SessionNode<Attachment>,
    target: BackendTarget,
    cause: RetargetCause,
    token: string,
  ): void {
    this.#life.live.touch(session, at);
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
