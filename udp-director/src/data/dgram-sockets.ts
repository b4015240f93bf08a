import type { Socket } from "node:dgram";
import type { DataSocket, DataSocketEvents, Sockets } from "./sockets.ts";
import { bindUdp, udpSocket } from "./udp-socket.ts";
import { Upstream } from "./upstream.ts";

/** Bytes asked for as receive buffer of a data port; the kernel may grant less. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

/** Sockets of node:dgram: they need no privilege and run everywhere. `note`: a line for the log. */
export function dgramSockets(note: (message: string) => void): Sockets {
  return {
    async bind(address, port, setting) {
      const socket = udpSocket(address);
      await bindUdp(socket, address, port, setting);
      return [new DgramDataSocket(socket, note)];
    },
    connect: (_from, { address, port }, maxQueued, events, ownPorts) =>
      new Upstream(address, port, maxQueued, events, ownPorts),
  };
}

class DgramDataSocket implements DataSocket {
  readonly #socket: Socket;
  readonly #note: (message: string) => void;

  constructor(socket: Socket, note: (message: string) => void) {
    this.#socket = socket;
    this.#note = note;
  }

  address() {
    return this.#socket.address();
  }

  receive(events: DataSocketEvents): void {
    this.#socket.on("message", (payload, from) => events.packet(payload, from.address, from.port));
    this.#socket.on("error", () => events.failed());
    try {
      this.#socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
    } catch {
      const { address, port } = this.address();
      this.#note(`UDP ${port} on ${address} keeps the system's default receive buffer`);
    }
  }

  send(payload: Uint8Array, port: number, address: string, done: (error: Error | null) => void) {
    this.#socket.send(payload, port, address, done);
  }

  close(): void {
    this.#socket.close();
  }
}
