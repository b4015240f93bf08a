import type { Session } from "../sessions/session.ts";
import type { BackendSocket, DataSocket } from "./sockets.ts";
import type { OwnPorts } from "./upstream.ts";

/** What forwards a route's packets in place of this process, or of its JavaScript; see kernel/, native/. */
export interface Offloaded {
  /** The director's side towards the backend, which stays while the socket is closed. */
  readonly source: { readonly address: string; readonly port: number };
  /** Resolves when all packets come to the sockets again. Never rejects. */
  withdraw(): Promise<unknown>;
  /**
   * True when packets have passed of which nobody has been told. Left out: whoever forwards tells
   * of them in time.
   */
  active?(): boolean;
}

/** Something faster than sockets that may take routes over. */
export interface Offload {
  /**
   * Where sockets towards backends are bound, so that it can take their place. Left out: it goes
   * on with the sockets that there are.
   */
  readonly ownPorts?: OwnPorts;
  /** Offers an open route. Undefined: not this one. */
  offer(route: OfferedRoute): Offloaded | undefined;
}

/** A route as an offload sees it. */
export interface OfferedRoute {
  readonly session: Session<unknown>;
  /** Number of the director's data port. */
  readonly dataPort: number;
  readonly backendPort: number;
  /** The socket's own address and port. */
  readonly source: { readonly address: string; readonly port: number };
  /** The sockets that forward now: towards the client and towards the backend. */
  readonly clientSocket: DataSocket;
  readonly backendSocket: BackendSocket;
  /** No packet of the backend comes to its socket any more, which is closed. */
  direct(): void;
}

/** Packets that something faster has forwarded since before this process. */
export interface FoundRoute {
  readonly client: { readonly address: string; readonly port: number };
  /** Number of the director's data port. */
  readonly dataPort: number;
  readonly backend: { readonly address: string; readonly port: number };
  readonly source: { readonly address: string; readonly port: number };
  /** Answers are forwarded as well: no packet needs a socket. */
  readonly direct: boolean;
  /** Gives it to a session, which hears from then on when it is active. Once. */
  claim(session: Session<unknown>): Offloaded;
  /** Has its packets come to the sockets. Never rejects. */
  withdraw(): Promise<unknown>;
}
