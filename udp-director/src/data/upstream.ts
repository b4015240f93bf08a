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

/** What an upstream knows until it is open. */
interface Opening {
  readonly remote: { readonly address: string; readonly port: number };
  readonly ownPorts: OwnPorts | undefined;
  readonly maxQueued: number;
  /** Packets that wait, in order. */
  readonly queue: Uint8Array[];
  portTries: number;
}

/** Whose socket it is. A property, so that all sockets have the same functions as listeners. */
const OWNER = Symbol("upstream");
interface OwnedSocket extends Socket {
  [OWNER]?: Upstream;
}

function onMessage(this: OwnedSocket, payload: Buffer): void {
  this[OWNER]?.received(payload);
}

function onListening(this: OwnedSocket): void {
  this[OWNER]?.bound();
}

function onError(this: OwnedSocket, error: Error): void {
  this[OWNER]?.failed(error);
}

/**
 * One socket, connected to one backend port, for one session and data port. Being connected,
 * the kernel drops datagrams from anybody but that backend. Packets sent before it is open wait
 * in a bounded queue, in order; no payload is copied. One for each session, so it is small: what
 * is only needed until it is open is let go of then.
 */
export class Upstream {
  readonly #socket: OwnedSocket;
  readonly #events: UpstreamEvents;
  #opening: Opening | undefined;
  #closed = false;
  #localPort: number | undefined = undefined;
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
    this.#events = events;
    this.#opening = { remote: { address, port }, ownPorts, maxQueued, queue: [], portTries: 0 };
    this.#socket = udpSocket(address);
    this.#socket[OWNER] = this;
    this.#socket.on("message", onMessage);
    this.#socket.on("error", onError);
    if (ownPorts === undefined) this.#connect();
    else {
      this.#socket.once("listening", onListening);
      this.#bind(ownPorts);
    }
  }

  /** The port that the backend sees; undefined until the socket is open. */
  get localPort(): number | undefined {
    return this.#localPort;
  }

  /** Its own address and port; undefined until the socket is open, and when it is closed. */
  get local(): AddressInfo | undefined {
    return this.#localPort === undefined || this.#closed ? undefined : this.#socket.address();
  }

  send(payload: Uint8Array): void {
    const opening = this.#opening;
    if (this.#closed) return;
    if (opening === undefined) this.#send(payload);
    else if (opening.queue.length < opening.maxQueued) opening.queue.push(payload);
    else this.#events.overflow();
  }

  /** Closes at once; packets still queued are lost. May be called twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#opening = undefined;
    this.#socket.close();
  }

  /** Its socket has received a datagram. */
  received(payload: Buffer): void {
    if (!this.#closed) this.#events.packet(payload);
  }

  /** Its socket has its own port. */
  bound(): void {
    this.#connect();
  }

  /** Its socket has failed; that an own port is taken is no failure yet. */
  failed(error: Error): void {
    const { ownPorts, portTries = 0 } = this.#opening ?? {};
    const taken = ownPorts !== undefined && errorCode(error) === "EADDRINUSE";
    if (taken && portTries < MAX_PORT_TRIES) this.#bind(ownPorts);
    else this.#onError(error);
  }

  #bind(ownPorts: OwnPorts): void {
    const opening = this.#opening;
    if (opening === undefined) return;
    const { address, port } = opening.remote;
    opening.portTries++;
    this.#socket.bind({ port: ownPorts.next(address, port), exclusive: true });
  }

  #connect(): void {
    const opening = this.#opening;
    if (opening === undefined) return;
    const { address, port } = opening.remote;
    // A failed connect comes as the callback's argument, a failed implicit bind as "error".
    this.#socket.connect(port, address, (error?: Error | null) => {
      const free = opening.ownPorts?.free;
      if (error) this.#onError(error);
      else if (free === undefined) this.#onOpen();
      else void free.then(() => this.#onOpen());
    });
  }

  #onOpen(): void {
    const opening = this.#opening;
    if (opening === undefined) return;
    this.#localPort = this.#socket.address().port;
    this.#opening = undefined;
    for (const payload of opening.queue) this.#send(payload);
    this.#events.open?.();
  }

  #send(payload: Uint8Array): void {
    this.#socket.send(payload, this.#sendDone);
    this.#events.sent(payload.length);
  }

  /** Once open, errors such as ECONNREFUSED are news from the backend, not the end. */
  #onError(error: Error): void {
    if (this.#closed) return;
    if (this.#opening === undefined) this.#events.failed(error, false, 0);
    // Without a descriptor left it fails while it is made: its owner does not have it yet.
    else queueMicrotask(() => this.#fail(error));
  }

  #fail(error: Error): void {
    if (this.#closed || this.#opening === undefined) return;
    const lost = this.#opening.queue.length;
    this.close();
    this.#events.failed(error, true, lost);
  }
}
