import { earnReply, spendReply } from "../protection/reply-credit.ts";
import { type SessionNode, socketOf } from "./session.ts";
import { SessionIndex } from "./session-index.ts";
import type { RestoredSession, SessionTableOptions } from "./session-options.ts";
import type {
  CloseReason,
  Ingress,
  RetargetCause,
  SessionExecutor,
  SessionObserver,
} from "./session-ports.ts";
import type { BackendTarget } from "./target.ts";

/** What a session's life takes of a table's options. */
type LifeOptions = Pick<
  SessionTableOptions,
  "sessionTimeoutMs" | "maxSessions" | "unproven" | "keeper"
>;

/**
 * Sessions from birth to end, with everybody who has to hear of it: the executor, the observer
 * and the keeper. Who may have a session, and where it leads, is decided by the session table.
 * `at` is the table's time and never earlier than before.
 */
export class SessionLifecycle<Attachment, In extends Ingress> {
  readonly live = new SessionIndex<Attachment>();
  readonly #options: LifeOptions;
  readonly #executor: SessionExecutor<Attachment, In>;
  readonly #observer: SessionObserver;
  #opened = 0;

  constructor(
    options: LifeOptions,
    executor: SessionExecutor<Attachment, In>,
    observer: SessionObserver,
  ) {
    this.#options = options;
    this.#executor = executor;
    this.#observer = observer;
  }

  get full(): boolean {
    return this.live.size >= this.#options.maxSessions;
  }

  /** A new session, told to everybody. */
  open(session: RestoredSession): SessionNode<Attachment> {
    const node = this.#insert(session);
    this.#observer.sessionOpened(node);
    this.#options.keeper?.sessionChanged(node);
    return node;
  }

  /** Takes over a session; false when its idle time is over, or there is no room. */
  restore(at: number, session: RestoredSession): boolean {
    const { lastActiveAt } = session;
    if (this.full || at >= lastActiveAt + this.#options.sessionTimeoutMs) return false;
    // The list is in order of activity, and nobody is active in the future.
    const newest = this.live.newest?.lastActiveAt ?? lastActiveAt;
    this.#insert(session, Math.min(at, Math.max(newest, lastActiveAt)));
    return true;
  }

  /** A client's packet to the backend's port for its data port. */
  forward(at: number, session: SessionNode<Attachment>, ingress: In, payload: Uint8Array): void {
    const backendPort = session.target.ports.get(ingress.dataPort);
    if (backendPort === undefined) {
      this.#observer.packetDropped("no_port_mapping", "client");
      return;
    }
    this.live.touch(session, at);
    const { unproven } = this.#options;
    if (!session.proven && unproven) earnReply(session, unproven, payload.length);
    this.#executor.forwardToBackend(session, ingress, backendPort, payload);
    session.tap?.packet(at, "client", ingress.dataPort, payload);
  }

  /** A backend's packet to the client, as far as a client that may be forged has a right to it. */
  reply(at: number, session: SessionNode<Attachment>, dataPort: string, payload: Uint8Array): void {
    if (!session.proven && !spendReply(session, payload.length)) {
      this.#observer.packetDropped("reply_capped", "server");
      return;
    }
    this.live.touch(session, at);
    this.#executor.forwardToClient(session, dataPort, payload);
    session.tap?.packet(at, "server", dataPort, payload);
  }

  /**
   * A target with the same address and ports changes nothing that the backend could see. `token`:
   * what the client asked with, if it was the client.
   */
  retarget(
    at: number,
    session: SessionNode<Attachment>,
    target: BackendTarget,
    cause: RetargetCause,
    token?: string,
  ): void {
    const previous = session.target;
    const known = token === undefined || token === session.token;
    if (!known) this.live.hold(session, token);
    this.live.retarget(session, target);
    if (previous.key === target.key) {
      if (!known) this.#options.keeper?.sessionChanged(session);
      return;
    }
    session.targetSince = at;
    session.generation++;
    this.#executor.retarget(session, previous);
    this.#observer.sessionRetargeted(session, cause);
    this.#options.keeper?.sessionChanged(session);
  }

  /**
   * Gives a session another UDP socket, or its first one. A session that the socket has got meanwhile, as a
   * client that does not know of its new address makes it, ends.
   */
  rebind(
    at: number,
    session: SessionNode<Attachment>,
    ingress: In,
    address: string,
    port: number,
  ): void {
    const occupant = this.live.find(address, port);
    if (occupant !== undefined) this.close(at, occupant, "replaced");
    const previous = socketOf(session);
    this.live.rebind(session, { address, port, transport: "udp" });
    this.live.touch(session, at);
    // The socket has this target from now on: of two records about a socket the later one counts.
    session.targetSince = at;
    session.proven = true;
    this.#executor.rebind(session, ingress);
    this.#observer.clientMoved(session, previous);
    this.#options.keeper?.clientMoved(session, previous);
  }

  /** Ends the sessions that are idle for too long. */
  expire(at: number): void {
    for (let node = this.live.oldest; node !== undefined; node = this.live.oldest) {
      if (at < node.lastActiveAt + this.#options.sessionTimeoutMs) break;
      if (this.#executor.passedUnseen?.(node)) this.live.touch(node, at);
      else this.close(at, node, "idle");
    }
  }

  close(at: number, node: SessionNode<Attachment>, reason: CloseReason): void {
    node.closed = true;
    this.live.remove(node);
    this.#executor.closeSession(node);
    node.tap?.sessionEnded(at);
    this.#observer.sessionClosed(node, reason, at);
    this.#options.keeper?.sessionEnded(node, reason);
  }

  #insert(session: RestoredSession, lastActiveAt = session.lastActiveAt): SessionNode<Attachment> {
    const node: SessionNode<Attachment> = {
      id: ++this.#opened,
      clientAddress: session.clientAddress,
      clientPort: session.clientPort,
      transport: session.transport,
      rangePort: session.rangePort,
      origin: session.origin,
      token: session.token,
      createdAt: session.createdAt,
      lastActiveAt,
      targetSince: session.targetSince,
      target: session.target,
      generation: 0,
      closed: false,
      proven: session.origin === "token" || this.#options.unproven === undefined,
      answered: false,
      replyCredit: 0,
      attachment: undefined,
      tap: undefined,
      older: undefined,
      newer: undefined,
      heldBefore: undefined,
      heldAfter: undefined,
    };
    this.live.add(node);
    this.#executor.openSession(node);
    return node;
  }
}
