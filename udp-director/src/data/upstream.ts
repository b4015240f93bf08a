import type { Socket } from "node:dgram";
import type { AddressInfo } from "node:net";
import { errorCode } from "../net/bind-error.ts";
import { udpSocket } from "./udp-socket.ts";

/** Where an upstream's own port comes from. The system chooses where there is none. */
export interface OwnPorts {
  /** One to try towards a backend; another one where it is taken. */
  next(address: string, port: number): number;
  /**
   * Nothing is sent before this; packets wait for it. The socket is there at once, as answers to
   * what somebody else has sent from that port may come to it.
   */
  readonly free?: Promise<unknown>;
}

/** How many own ports are tried. */
const MAX_PORT_TRIES = 32;

/** What an upstream tells its owner. */
export interface UpstreamEvents {
  /** Everything that waited for the socket has been sent. */
  open?(): void;
  /** A datagram of the backend; the buffer is handed over. */
  packet(payload: Buffer): void;
  sent(bytes: number): void;
  /** Packets dropped because the socket was still opening and its queue was full. */
  overflow(): void;
  /** The socket failed. `fatal`: it never opened, its packets are lost and it is closed. */
  failed(error: Error, fatal: boolean, lostPackets: number): void;
}

/**
 * One socket, connected to one backend port, for one session and data port. Being connected,
 * the kernel drops datagrams from anybody but that backend. Packets sent before it is open wait
 * in a bounded queue, in order; no payload is copied.
 */
export class Upstream {
  readonly #socket: Socket;
  readonly #events: UpstreamEvents;
  readonly #maxQueued: number;
  readonly #remote: { readonly address: string; readonly port: number };
  #portTries = 0;
  #queue: Uint8Array[] | undefined = [];
  #closed = false;
  #local: AddressInfo | undefined;
  readonly #sendDone = (error: Error | null) => {
    if (error && !this.#closed) this.#events.failed(error, false, 1);
  };

  constructor(
    address: string,
    port: number,
    maxQueued: number,
    events: UpstreamEvents,
    ownPorts?: OwnPorts,
  ) {
    this.#remote = { address, port };
    this.#events = events;
    this.#maxQueued = maxQueued;
    this.#socket = udpSocket(address);
    this.#socket.on("message", (payload) => {
      if (!this.#closed) this.#events.packet(payload);
    });
    this.#socket.on("error", (error) => {
      const taken = ownPorts !== undefined && errorCode(error) === "EADDRINUSE";
      if (taken && this.#portTries < MAX_PORT_TRIES) this.#bind(ownPorts);
      else this.#onError(error);
    });
    if (ownPorts === undefined) this.#connect();
    else {
      this.#socket.once("listening", () => this.#connect(ownPorts.free));
      this.#bind(ownPorts);
    }
  }

  /** The port that the backend sees; undefined until the socket is open. */
  get localPort(): number | undefined {
    return this.#local?.port;
  }

  /** Its own address and port; undefined until the socket is open. */
  get local(): AddressInfo | undefined {
    return this.#local;
  }

  send(payload: Uint8Array): void {
    if (this.#queue === undefined) this.#send(payload);
    else if (this.#queue.length < this.#maxQueued) this.#queue.push(payload);
    else this.#events.overflow();
  }

  /** Closes at once; packets still queued are lost. May be called twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue = undefined;
    this.#socket.close();
  }

  #bind(ports: OwnPorts): void {
    if (this.#closed) return;
    const { address, port } = this.#remote;
    this.#portTries++;
    this.#socket.bind({ port: ports.next(address, port), exclusive: true });
  }

  #connect(free?: Promise<unknown>): void {
    if (this.#closed) return;
    const { address, port } = this.#remote;
    // A failed connect comes as the callback's argument, a failed implicit bind as "error".
    this.#socket.connect(port, address, (error?: Error | null) => {
      if (error) this.#onError(error);
      else if (free === undefined) this.#onOpen();
      else void free.then(() => this.#onOpen());
    });
  }

  #onOpen(): void {
    if (this.#closed) return;
    this.#local = this.#socket.address();
    const waiting = this.#queue ?? [];
    this.#queue = undefined;
    for (const payload of waiting) this.#send(payload);
    this.#events.open?.();
  }

  #send(payload: Uint8Array): void {
    this.#socket.send(payload, this.#sendDone);
    this.#events.sent(payload.length);
  }

  /** Once open, errors such as ECONNREFUSED are news from the backend, not the end. */
  #onError(error: Error): void {
    if (this.#closed) return;
    const waiting = this.#queue;
    if (waiting !== undefined) this.close();
    this.#events.failed(error, waiting !== undefined, waiting?.length ?? 0);
  }
}
