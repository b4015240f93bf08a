import type { ReplyCredit } from "../protection/reply-credit.ts";
import type { BackendTarget } from "./target.ts";

/** How a session came to be. */
export type SessionOrigin = "token" | "default" | "range";

/** What a client's socket speaks. */
export type Transport = "udp" | "tcp";

/** A client's socket: nobody else has the same at the same time. */
export interface ClientSocket {
  readonly address: string;
  readonly port: number;
  readonly transport: Transport;
  /** Port of a port range that it came to: there it is another client than on data ports. */
  readonly rangePort?: number | undefined;
}

/**
 * A socket as text, equal exactly for equal ones: `192.0.2.1 4000`, `192.0.2.1 tcp:4000`, and
 * `192.0.2.1 4000 30001` for one that came to a port of a range.
 */
export function socketName({ address, port, transport, rangePort }: ClientSocket): string {
  const name = transport === "tcp" ? `${address} tcp:${port}` : `${address} ${port}`;
  return rangePort === undefined ? name : `${name} ${rangePort}`;
}

/**
 * Looks at the packets of one session that go through, in order. Called from within the table
 * for each of them: must be fast, must not throw, and neither changes nor keeps `payload`.
 */
export interface PacketTap {
  /** `at` in milliseconds on the table's clock; `from` is who sent it. */
  packet(at: number, from: "client" | "server", dataPort: string, payload: Uint8Array): void;
  /** No packet follows. */
  sessionEnded(at: number): void;
}

/**
 * One client and its backend, over all data ports, UDP and TCP. It is known by the exact address
 * and port of the client's UDP socket, or of the TCP connection that opened it until a UDP packet
 * with its token has come. The socket changes when the client shows the token from another one.
 * Read-only for everybody but the session table; `attachment` belongs to the executor.
 */
export interface Session<Attachment> {
  /** Counts up from 1 in order of creation; appears in logs. */
  readonly id: number;
  readonly clientAddress: string;
  readonly clientPort: number;
  /** `tcp`: opened by a connection of that port, and no UDP socket of its client is known yet. */
  readonly transport: Transport;
  /** Port of a port range that its client came to; `undefined` for the data ports. */
  readonly rangePort: number | undefined;
  readonly origin: SessionOrigin;
  /** The token that opened it or last moved it. Secret: whoever knows it may act for the client. */
  readonly token: string | undefined;
  /** Milliseconds on the caller's clock. */
  readonly createdAt: number;
  readonly lastActiveAt: number;
  /** When it got its target. */
  readonly targetSince: number;
  readonly target: BackendTarget;
  /** Counts re-targets. Packets of an older generation's backend are late and dropped. */
  readonly generation: number;
  readonly closed: boolean;
  /** The client is known to receive what is sent to its address; see src/protection. */
  readonly proven: boolean;
  /** The executor's own state of this session, such as sockets. Undefined until it sets it. */
  attachment: Attachment | undefined;
  /** Undefined, and one comparison a packet, while nobody looks; see src/tap. */
  tap: PacketTap | undefined;
}

/** The socket that a session is known by. */
export const socketOf = (session: Session<unknown>): ClientSocket => ({
  address: session.clientAddress,
  port: session.clientPort,
  transport: session.transport,
  rangePort: session.rangePort,
});

/** The table's own, writable view of a session, linked in order of last activity. */
export interface SessionNode<Attachment> extends Session<Attachment>, ReplyCredit {
  clientAddress: string;
  clientPort: number;
  transport: Transport;
  token: string | undefined;
  proven: boolean;
  lastActiveAt: number;
  targetSince: number;
  target: BackendTarget;
  generation: number;
  closed: boolean;
  older: SessionNode<Attachment> | undefined;
  newer: SessionNode<Attachment> | undefined;
  /** Sessions that have used the same token, before and after this one. */
  heldBefore: SessionNode<Attachment> | undefined;
  heldAfter: SessionNode<Attachment> | undefined;
}

/**
 * Sessions in order of last activity, an intrusive list: touching one is a few pointer writes,
 * and the next one to expire is always the oldest, so expiry never scans.
 */
export class ActivityList<Attachment> {
  #oldest: SessionNode<Attachment> | undefined;
  #newest: SessionNode<Attachment> | undefined;

  /** The session that has been silent longest. */
  get oldest(): SessionNode<Attachment> | undefined {
    return this.#oldest;
  }

  /** The session that was active last. */
  get newest(): SessionNode<Attachment> | undefined {
    return this.#newest;
  }

  /** Appends a session that is in no list. */
  add(node: SessionNode<Attachment>): void {
    node.older = this.#newest;
    node.newer = undefined;
    if (this.#newest) this.#newest.newer = node;
    else this.#oldest = node;
    this.#newest = node;
  }

  /** Takes a session out. */
  remove(node: SessionNode<Attachment>): void {
    if (node.older) node.older.newer = node.newer;
    else this.#oldest = node.newer;
    if (node.newer) node.newer.older = node.older;
    else this.#newest = node.older;
    node.older = undefined;
    node.newer = undefined;
  }

  /** Makes a session of this list the most recently active one. */
  touch(node: SessionNode<Attachment>): void {
    if (node === this.#newest) return;
    this.remove(node);
    this.add(node);
  }
}
