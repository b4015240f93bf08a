import type { ConnectionVerdict } from "../../sessions/connections.ts";
import type { Session } from "../../sessions/session.ts";
import type { DropReason } from "../../sessions/session-ports.ts";
import type { DataPathError, Side } from "../traffic.ts";

/** What the TCP data path tells the session table. */
export interface ConnectionSink {
  onConnection(
    now: number,
    dataPort: string,
    address: string,
    port: number,
    token: string | undefined,
    rangePort: number | undefined,
  ): ConnectionVerdict<unknown>;
  onActivity(now: number, session: Session<unknown>): void;
}

/** Why a connection was turned away, beside what keeps a packet from its session. */
export const CONNECTION_LIMITS = [
  /** `limits.maxTcpConnections` are open. */
  "connections_full",
  /** The session has `limits.maxTcpConnectionsPerSession`. */
  "session_connections_full",
] as const;
export type Refusal = DropReason | (typeof CONNECTION_LIMITS)[number];

/** Counts of connections. Implementations only add. */
export interface ConnectionMeter {
  /** Bytes of a stream have come from one side and go to the other. */
  streamed(source: Side, bytes: number): void;
  error(type: DataPathError): void;
  connectionAdmitted(): void;
  connectionRefused(reason: Refusal): void;
}

/** What the TCP data path needs from outside. Times in milliseconds. */
export interface TcpOptions {
  /** First bytes of a prelude, as of control packets. */
  readonly magic: Uint8Array;
  /** Longest wait for a prelude's first bytes; 0: none is looked for. */
  readonly preludeMs: number;
  /** Longest wait for a backend to accept. */
  readonly connectMs: number;
  readonly maxConnections: number;
  readonly maxPerSession: number;
  /** Monotonic. */
  readonly now: () => number;
  readonly meter: ConnectionMeter;
  readonly sink: ConnectionSink;
  /** Makes a token known that another director granted or used; `undefined`: nothing to ask. */
  readonly recall?: ((address: string, token: string) => Promise<unknown> | undefined) | undefined;
  /** A line for the log; rare events only. */
  readonly note: (message: string) => void;
}
