import type { ClientSocket, Session } from "./session.ts";
import type { BackendTarget } from "./target.ts";

/** Where a datagram came in. Data paths extend it with their socket. */
export interface Ingress {
  /** Name of the director's data port. */
  readonly dataPort: string;
  /** The director's port, where it is one of a port range; `dataPort` is the range's name then. */
  readonly rangePort?: number | undefined;
}

/** Why a packet went nowhere. Fixed labels: they are metric label values. */
export const DROP_REASONS = [
  /** Source port 0: forged or broken, and nothing could be sent back. */
  "source_port_zero",
  /** Control packet whose remainder is no token. */
  "reset_malformed",
  /** Control packet with an unknown or expired token. */
  "reset_token_invalid",
  /** Begins as a sealed token does, and is cut, altered or not one at all. */
  "token_malformed",
  /** A sealed token of no key of this director, or not sealed with the key that it names. */
  "token_not_authentic",
  /** A sealed token whose life has ended, or that claims a longer one than is ever granted. */
  "token_expired",
  /** A single-use token that another socket has used. */
  "token_used",
  /** A token bound to another client address. */
  "token_other_client",
  /** A first packet that was answered with a challenge. */
  "challenged",
  /** A proof with a cookie that was not given to its sender, or not lately. */
  "challenge_failed",
  /** A new client of a director that is shutting down. */
  "draining",
  /** No session, no valid token, and no default endpoint. */
  "no_default_endpoint",
  /** A port of a range that leads to no backend. */
  "port_not_allocated",
  /** The session's backend has no port for this data port. */
  "no_port_mapping",
  /** The table holds `maxSessions`; the new client is turned away. */
  "sessions_full",
  /** The source sends more packets a second than `protection` allows. */
  "packet_rate",
  /** The source opens more sessions a second than `protection` allows. */
  "session_rate",
  /** A token, control packet or first packet of a source that is banned. */
  "banned",
  /** A reply to a client not yet proven, beyond its share of what it has sent. */
  "reply_capped",
  /** Too many packets wait for the store to say whether another director knows their client. */
  "store_queue_full",
  /** The store cannot be asked, and `store.redis.unknownClients` is `drop`. */
  "store_unavailable",
  /** A packet of a backend that the session has left, or of a session that has ended. */
  "late_backend_packet",
  /** A queue of the data path was full: of a backend socket that is opening, or of a worker. */
  "queue_full",
  /** The data path could not send. */
  "send_failed",
] as const;
export type DropReason = (typeof DROP_REASONS)[number];

/** Why a token that is known, or sealed, opens nothing. */
export type TokenRefusal = Extract<DropReason, `token_${string}`>;

/** What a token leads to. `unknown`: never issued here, or expired and forgotten. */
export type TokenVerdict =
  | { readonly ok: true; readonly target: BackendTarget }
  | { readonly ok: false; readonly reason: TokenRefusal | "unknown" };

/** A sealed token that could be opened. */
export interface OpenedToken {
  readonly ok: true;
  readonly target: BackendTarget;
  /** The only client address that may use it; `undefined`: any. */
  readonly client: string | undefined;
}

/**
 * Opens sealed tokens. Synchronous, changes nothing, never throws: a token that does not open
 * is a result. Checks seal and life; who may use the token is the caller's to check.
 */
export interface SealedTokenOpener {
  open(token: string): OpenedToken | { readonly ok: false; readonly reason: TokenRefusal };
}

/** Cookies that only who receives at an address and port can know. Fast; never throws. */
export interface ChallengeCookies {
  draw(address: string, port: number): Uint8Array;
  /** True for one that was drawn for this socket a short while ago. */
  accepts(cookie: Uint8Array, address: string, port: number): boolean;
}

/** Who had sent the dropped packet. */
export type DropSource = "client" | "server";

/**
 * Why a session ended. `replaced`: another session's client came to have its socket, and showed
 * that session's token.
 */
export type CloseReason = "idle" | "shutdown" | "operator" | "replaced";

/** What, other than the client, moves a session. */
export type MoveCause =
  /** The admin API. */
  | "operator"
  /** Its backend has left discovery. */
  | "gone"
  /** Another director has moved it. */
  | "replica"
  /** Its backend has begun to drain. */
  | "drain";

/** What asked for a re-target. */
export type RetargetCause = "packet" | "query" | MoveCause;

/**
 * What the session table makes a data path do. Implemented by the userspace sockets; a kernel
 * path implements the same.
 *
 * Call order for a session: `openSession` once, then any number of `forwardToBackend`,
 * `forwardToClient`, `retarget` and `rebind`, then `closeSession` once and nothing after it.
 * Calls come synchronously from within the table; an executor must not call back into the
 * table from them, must not block and must not throw (it counts its own failures).
 *
 * Buffers: `payload` was handed to the table by the caller and is handed on. The executor may
 * keep it until it is sent; nobody writes to it any more.
 */
export interface SessionExecutor<Attachment, In extends Ingress = Ingress> {
  openSession(session: Session<Attachment>): void;
  /** A client's packet, unchanged, to `backendPort` at `session.target.address`. */
  forwardToBackend(
    session: Session<Attachment>,
    ingress: In,
    backendPort: number,
    payload: Uint8Array,
  ): void;
  /** A backend's packet, unchanged, to the client, sent from the data port it belongs to. */
  forwardToClient(session: Session<Attachment>, dataPort: string, payload: Uint8Array): void;
  /**
   * `session.target` and `session.generation` are new; nothing may reach `previous` from now on.
   * Everything kept for older generations is released.
   */
  retarget(session: Session<Attachment>, previous: BackendTarget): void;
  /**
   * `session.clientAddress` and `clientPort` are new, and `ingress` is where the client is heard
   * from now on. The backend must not notice: its sockets stay.
   */
  rebind(session: Session<Attachment>, ingress: In): void;
  /**
   * Asked before a session ends for its silence: true when packets have passed that the table was
   * not told of. An executor without it forwards nothing by itself, or tells in time.
   */
  passedUnseen?(session: Session<Attachment>): boolean;
  closeSession(session: Session<Attachment>): void;
  /** Tells the client that `token` has been accepted. An executor without it tells nobody. */
  acknowledge?(session: Session<Attachment>, ingress: In, token: string): void;
  /** Asks a client without a session to send the cookie back. Needed where challenges are on. */
  challenge?(ingress: In, address: string, port: number, cookie: Uint8Array): void;
}

/** Book-keeping of what happened, for metrics and logs. Same rules as for the executor. */
export interface SessionObserver {
  sessionOpened(session: Session<unknown>): void;
  sessionRetargeted(session: Session<unknown>, cause: RetargetCause): void;
  /** The session's client has another socket than `previous`. */
  clientMoved(session: Session<unknown>, previous: ClientSocket): void;
  sessionClosed(session: Session<unknown>, reason: CloseReason, now: number): void;
  tokenLookup(hit: boolean): void;
  packetDropped(reason: DropReason, source: DropSource): void;
}

/**
 * Who may do what, by source address. Asked by the table for every event, so answers are fast
 * and never throw. Implemented by src/protection.
 */
export interface SessionGuard {
  /** May this address send one more datagram now? No: dropped as `packet_rate`. */
  admits(now: number, address: string): boolean;
  /** Are tokens and new sessions of this address turned away? Yes: dropped as `banned`. */
  banned(now: number, address: string): boolean;
  /** May this address open one more session now? No: dropped as `session_rate`. */
  mayOpen(now: number, address: string): boolean;
  /** This address has shown a token that is unknown or expired. */
  tokenFailed(now: number, address: string): void;
}

/** A granted UUID token as it is kept. Times in milliseconds on the table's clock. */
export interface TokenEntry {
  readonly target: BackendTarget;
  readonly expiresAt: number;
  /** Address that asked for it, where tokens are bound. */
  readonly source: string | undefined;
  /** Socket that used it, where tokens are single-use: `address port`. */
  readonly usedBy: string | undefined;
}

/**
 * Told what a restart or another director has to know. Same rules as for the executor; what is
 * restored is not told. Activity is not told either: `SessionTable.activeSince` has it.
 */
export interface StateKeeper {
  /** A session was opened, or has got another target or token. */
  sessionChanged(session: Session<unknown>): void;
  /** A session has got another client socket than `previous`. */
  clientMoved(session: Session<unknown>, previous: ClientSocket): void;
  sessionEnded(session: Session<unknown>, reason: CloseReason): void;
  /** A token was granted, or used for the first time where that matters. */
  tokenChanged(token: string, entry: TokenEntry): void;
}

/**
 * Asked about packets that another director may know more about. A packet that it takes comes
 * back through `onDatagram`, in order with all others of its client, and may not be taken again.
 */
export interface FirstPacketGate<In extends Ingress = Ingress> {
  /** A packet of a client without a session: true when earlier ones still wait, and it as well. */
  joins(ingress: In, address: string, port: number, payload: Uint8Array): boolean;
  /** Neither the client nor the `token`, if there is one, is known: true when it is looked up. */
  takes(
    ingress: In,
    address: string,
    port: number,
    payload: Uint8Array,
    token: string | undefined,
  ): boolean;
}

/** Where clients without a token go. Asked once per new session. */
export interface DefaultEndpoint {
  /** A target now, or `undefined` when there is none. Must be fast and must not throw. */
  choose(address: string): BackendTarget | undefined;
}
