import type { AddressInfo } from "node:net";
import type { OwnPorts, Upstream, UpstreamEvents } from "./upstream.ts";

/** What a socket of a data port tells its owner. */
export interface DataSocketEvents {
  /** A datagram of a client; the buffer is handed over. */
  packet(payload: Buffer, address: string, port: number): void;
  /** The socket reported an error. */
  failed(): void;
}

/** A bound socket of a data port. */
export interface DataSocket {
  address(): AddressInfo;
  /** From now on datagrams are received. Call once. */
  receive(events: DataSocketEvents): void;
  /** Sends a datagram; `done` hears of failures. */
  send(
    payload: Uint8Array,
    port: number,
    address: string,
    done: (error: Error | null) => void,
  ): void;
  /** Receives nothing more. */
  close(): void;
}

/** A socket towards the backend of one session. See `Upstream`, the one of node:dgram. */
export type BackendSocket = Pick<Upstream, "local" | "localPort" | "send" | "close">;

/** Where the data path gets its sockets from: node:dgram (dgram-sockets.ts) or native/. */
export interface Sockets {
  /**
   * Binds a data port: one socket, or several that share the port. Port 0 takes a free one.
   * `inRange`: a port of a port range, where all packets are data. Rejects with a BindError.
   */
  bind(address: string, port: number, setting: string, inRange: boolean): Promise<DataSocket[]>;
  /** A socket towards a backend, for a client whose packets come to `from`. */
  connect(
    from: DataSocket,
    backend: { readonly address: string; readonly port: number },
    maxQueued: number,
    events: UpstreamEvents,
    ownPorts?: OwnPorts,
  ): BackendSocket;
}
