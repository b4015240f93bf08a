import type { ClientSocket, SessionNode, SessionOrigin } from "./session.ts";
import type { SessionLifecycle } from "./session-lifecycle.ts";
import type { DefaultEndpoint, DropReason, Ingress, SessionGuard } from "./session-ports.ts";
import type { BackendTarget } from "./target.ts";

/** Clients that have no session: who gets one, and where those without a token go. */
export class Newcomers<Attachment, In extends Ingress> {
  readonly #life: SessionLifecycle<Attachment, In>;
  readonly #guard: Pick<SessionGuard, "mayOpen">;
  readonly #defaultEndpoint: DefaultEndpoint;

  constructor(
    life: SessionLifecycle<Attachment, In>,
    guard: Pick<SessionGuard, "mayOpen">,
    defaultEndpoint: DefaultEndpoint,
  ) {
    this.#life = life;
    this.#guard = guard;
    this.#defaultEndpoint = defaultEndpoint;
  }

  /** A new session, or why there is none. */
  open(
    at: number,
    client: ClientSocket,
    target: BackendTarget,
    token: string | undefined,
    origin: SessionOrigin = token === undefined ? "default" : "token",
  ): SessionNode<Attachment> | DropReason {
    if (this.#life.full) return "sessions_full";
    if (!this.#guard.mayOpen(at, client.address)) return "session_rate";
    return this.#life.open({
      clientAddress: client.address,
      clientPort: client.port,
      transport: client.transport,
      rangePort: client.rangePort,
      origin,
      token,
      createdAt: at,
      lastActiveAt: at,
      targetSince: at,
      target,
    });
  }

  /** A new session to the default endpoint for a client that came to `dataPort`. */
  openDefault(
    at: number,
    client: ClientSocket,
    dataPort: string,
  ): SessionNode<Attachment> | DropReason {
    // Before anything is chosen: choosing costs more than looking.
    if (this.#life.full) return "sessions_full";
    const target = this.#defaultEndpoint.choose(client.address);
    if (target === undefined) return "no_default_endpoint";
    if (!target.ports.has(dataPort)) return "no_port_mapping";
    return this.open(at, client, target, undefined);
  }

  /** A new session for a client that came to a port of a range, with the backend it leads to. */
  openRange(
    at: number,
    client: ClientSocket,
    dataPort: string,
    target: BackendTarget | undefined,
  ): SessionNode<Attachment> | DropReason {
    if (target === undefined) return "port_not_allocated";
    if (!target.ports.has(dataPort)) return "no_port_mapping";
    return this.open(at, client, target, undefined, "range");
  }
}
