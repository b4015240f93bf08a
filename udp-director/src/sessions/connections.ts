import type { Newcomers } from "./newcomers.ts";
import type { ClientSocket, Session, SessionNode } from "./session.ts";
import { type SessionIndex, socketKey } from "./session-index.ts";
import type { DropReason, Ingress, SessionGuard } from "./session-ports.ts";
import type { BackendTarget } from "./target.ts";
import type { TokenAdmission } from "./token-admission.ts";

/** What a TCP connection of a client leads to. */
export type ConnectionVerdict<Attachment> =
  | { readonly ok: true; readonly session: Session<Attachment>; readonly backendPort: number }
  | { readonly ok: false; readonly reason: DropReason };

/** How connections find their session. */
export interface ConnectionRules {
  /** One without a token joins the session of its address, if that has exactly one. */
  readonly joinByAddress: boolean;
  /** A token works only from the address that asked for it. */
  readonly bindToSource: boolean;
}

/**
 * TCP connections of clients: each belongs to a session, one that lives or a new one. A handshake
 * has shown that the client receives at its address, so it is proven.
 */
export class ConnectionAdmission<Attachment, In extends Ingress> {
  readonly #rules: ConnectionRules;
  readonly #live: SessionIndex<Attachment>;
  readonly #newcomers: Newcomers<Attachment, In>;
  readonly #tokens: TokenAdmission;
  readonly #guard: SessionGuard;

  constructor(
    rules: ConnectionRules,
    live: SessionIndex<Attachment>,
    newcomers: Newcomers<Attachment, In>,
    tokens: TokenAdmission,
    guard: SessionGuard,
  ) {
    this.#rules = rules;
    this.#live = live;
    this.#newcomers = newcomers;
    this.#tokens = tokens;
    this.#guard = guard;
  }

  /**
   * `closed`: no session is opened any more. `rangeTarget`: where the port of a range leads that
   * the client came to, if it did.
   */
  admit(
    at: number,
    client: ClientSocket,
    dataPort: string,
    token: string | undefined,
    closed: boolean,
    rangeTarget?: BackendTarget,
  ): ConnectionVerdict<Attachment> {
    if (!this.#guard.admits(at, client.address)) return { ok: false, reason: "packet_rate" };
    const found =
      client.rangePort !== undefined
        ? this.#byRangePort(at, client, dataPort, closed, rangeTarget)
        : token === undefined
          ? this.#byAddress(at, client, dataPort, closed)
          : this.#byToken(at, client, token, closed);
    if (typeof found === "string") return { ok: false, reason: found };
    found.proven = true;
    this.#live.touch(found, at);
    const backendPort = found.target.ports.get(dataPort);
    if (backendPort === undefined) return { ok: false, reason: "no_port_mapping" };
    return { ok: true, session: found, backendPort };
  }

  /** A token of a live session means that session, from anywhere and however old it is. */
  #byToken(
    at: number,
    client: ClientSocket,
    token: string,
    closed: boolean,
  ): SessionNode<Attachment> | DropReason {
    const { address, port, transport } = client;
    if (this.#guard.banned(at, address)) return "banned";
    const holder = this.#live.holderOf(token);
    if (holder !== undefined) {
      if (this.#rules.bindToSource && holder.clientAddress !== address) {
        return "token_other_client";
      }
      this.#tokens.report(at, address, { ok: true, target: holder.target });
      return holder;
    }
    if (closed) return "draining";
    const verdict = this.#tokens.lookUp(at, token, address, socketKey(port, transport));
    this.#tokens.report(at, address, verdict);
    if (verdict.ok) return this.#newcomers.open(at, client, verdict.target, token);
    return verdict.reason === "unknown" ? "reset_token_invalid" : verdict.reason;
  }

  /** All of a client's connections to a port are one session, and its UDP socket with them. */
  #byRangePort(
    at: number,
    client: ClientSocket,
    dataPort: string,
    closed: boolean,
    target: BackendTarget | undefined,
  ): SessionNode<Attachment> | DropReason {
    const only = this.#live.onlyOf(client.address, client.rangePort);
    if (only !== undefined) return only;
    if (closed) return "draining";
    if (this.#guard.banned(at, client.address)) return "banned";
    return this.#newcomers.openRange(at, client, dataPort, target);
  }

  #byAddress(
    at: number,
    client: ClientSocket,
    dataPort: string,
    closed: boolean,
  ): SessionNode<Attachment> | DropReason {
    const { address } = client;
    const only = this.#rules.joinByAddress ? this.#live.onlyOf(address) : undefined;
    if (only !== undefined) return only;
    if (closed) return "draining";
    if (this.#guard.banned(at, address)) return "banned";
    return this.#newcomers.openDefault(at, client, dataPort);
  }
}
