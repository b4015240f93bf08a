import type { Session } from "../sessions/session.ts";
import type { OwnPorts } from "./upstream.ts";

/** What forwards a route's packets in place of its socket; see kernel/. */
export interface Offloaded {
  /** The director's side towards the backend, which stays while the socket is closed. */
  readonly source: { readonly address: string; readonly port: number };
  /** Resolves when all packets come to the sockets again. Never rejects. */
  withdraw(): Promise<unknown>;
}

/** Something faster than sockets that may take routes over. */
export interface Offload {
  /** Where sockets towards backends are bound, so that it can take their place. */
  readonly ownPorts: OwnPorts;
  /**
   * Offers an open route. `direct` is called, if ever, when no packet of the backend comes to its
   * socket any more. Undefined: not this one.
   */
  offer(route: OfferedRoute, direct: () => void): Offloaded | undefined;
}

/** A route as an offload sees it. */
export interface OfferedRoute {
  readonly session: Session<unknown>;
  /** Number of the director's data port. */
  readonly dataPort: number;
  readonly backendPort: number;
  /** The socket's own address and port. */
  readonly source: { readonly address: string; readonly port: number };
}
