import type { UnprovenRules } from "../protection/reply-credit.ts";
import type { Session } from "./session.ts";
import type { ChallengeCookies, SealedTokenOpener, StateKeeper } from "./session-ports.ts";
import type { BackendTarget } from "./target.ts";
import type { TokenRules } from "./token-table.ts";

/** Who is challenged, and with what. */
export interface ChallengeRules {
  /** Clients with a valid token too, not only those on their way to the default endpoint. */
  readonly always: boolean;
  readonly cookies: ChallengeCookies;
}

/**
 * What the token of a live session does when it comes from another socket, as a NAT that forgot
 * its mapping makes it: nothing of its own (`off`), or it moves the client's side of the session
 * there, from the `sameAddress` or from `any`. For as long as the session lives.
 */
export type ResumeRule = "off" | "sameAddress" | "any";

/** Sizes and times of a table, read when they are needed: they may change. Milliseconds. */
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
  /** Newcomers prove first that they receive at their address. Left out: none does. */
  readonly challenge?: ChallengeRules | undefined;
  /** Answer accepted tokens and control packets. Left out: false, as published. */
  readonly ackPackets?: boolean;
  /** Who may use a token, and how often. Left out: anybody, until it expires. */
  readonly tokenRules?: TokenRules;
  /** Where a port of a port range leads. Left out: nowhere. */
  readonly rangeTarget?: ((rangePort: number) => BackendTarget | undefined) | undefined;
  /** Whose session a client may take along to another socket. Left out: off. */
  readonly resume?: ResumeRule;
  /** A TCP connection without a token joins its address's only session. Left out: true. */
  readonly joinByAddress?: boolean;
  /** Left out: a packet that looks like a sealed token is data. */
  readonly sealed?: SealedTokenOpener | undefined;
  /** Left out: state ends with the table. */
  readonly keeper?: StateKeeper | undefined;
}

/** A session from before a restart, or of another director. Times on the table's clock. */
export type RestoredSession = Pick<
  Session<unknown>,
  | "clientAddress"
  | "clientPort"
  | "transport"
  | "rangePort"
  | "origin"
  | "token"
  | "createdAt"
  | "lastActiveAt"
  | "targetSince"
  | "target"
>;

/** What became of a re-target asked for over TCP. */
export type QueryResetResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: "invalid_token" | "no_session" }
  | { readonly ok: false; readonly reason: "ambiguous"; readonly sessions: number };
