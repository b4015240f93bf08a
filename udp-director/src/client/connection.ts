import { createSocket, type Socket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { hostPort } from "../net/addresses.ts";
import { encodeProof, readChallenge } from "../protocol/challenge-packet.ts";
import { DEFAULT_MAGIC_HEX, encodeControlPacket, parseMagic } from "../protocol/control-packet.ts";
import { encodeToken } from "../protocol/token.ts";
import { PacketQueue } from "./packet-queue.ts";
import { DirectorUnreachable } from "./query.ts";

/** Where a director's data port is. */
export interface ConnectionOptions {
  /** IP address or name of the director. */
  readonly host: string;
  /** UDP port. Left out: 7777. */
  readonly dataPort?: number;
  /** Sent as the first packet. Left out: nothing is sent, the default endpoint will serve. */
  readonly token?: string;
  /** Must equal the director's controlPacketMagicBytes. Left out: FFFFFFFF5245534554. */
  readonly magicHex?: string;
  /** Hands on each packet as it comes; then there is nothing for `receive`. */
  readonly onPacket?: (payload: Buffer) => void;
  /** Hears of the socket's errors, such as a port where nobody listens. */
  readonly onError?: (error: Error) => void;
  /** Is given the connected socket before anything is sent, for options of its own. */
  readonly onSocket?: (socket: Socket) => Promise<void>;
}

/**
 * A client's side of one session: one connected UDP socket. The protocol has no
 * acknowledgement, so an open connection only means that packets can be sent. Challenges are
 * answered by itself; the packet that was challenged is lost, as any UDP packet may be.
 */
export class DirectorConnection {
  readonly #socket: Socket;
  readonly #magic: Uint8Array;
  #token: string | undefined;
  readonly #where: string;
  readonly #listeners: Pick<ConnectionOptions, "onPacket" | "onError">;
  readonly #packets = new PacketQueue();
  #lastError: Error | undefined;

  private constructor(socket: Socket, options: ConnectionOptions, where: string) {
    this.#socket = socket;
    this.#magic = parseMagic(options.magicHex ?? DEFAULT_MAGIC_HEX);
    this.#token = options.token;
    this.#where = where;
    this.#listeners = options;
    socket.on("message", (payload) => this.#onPacket(payload));
    socket.on("error", (error) => this.#failed(error));
  }

  /** Opens the socket and sends the token, if there is one. Rejects with DirectorUnreachable. */
  static async open(options: ConnectionOptions): Promise<DirectorConnection> {
    const { host, dataPort = 7777 } = options;
    const where = hostPort(host, dataPort);
    const found = await lookup(host).catch((error: Error) => {
      throw new DirectorUnreachable(`cannot resolve ${host}: ${error.message}`);
    });
    const socket = createSocket(found.family === 6 ? "udp6" : "udp4");
    await new Promise<void>((resolve, reject) => {
      const done = (error?: Error | null) => {
        if (!error) return resolve();
        socket.close();
        reject(new DirectorUnreachable(`cannot reach UDP ${where}: ${error.message}`));
      };
      // A failed connect comes as the callback's argument, a failed bind as "error".
      socket.once("error", done);
      socket.connect(dataPort, found.address, done);
    });
    socket.removeAllListeners("error");
    await options.onSocket?.(socket);
    const connection = new DirectorConnection(socket, options, where);
    if (options.token !== undefined) connection.send(encodeToken(options.token));
    return connection;
  }

  /** This side's UDP port, which `sessionReset` takes as `clientPort`. */
  get localPort(): number {
    return this.#socket.address().port;
  }

  /** Sends a packet, unchanged, to the session's backend. */
  send(payload: Uint8Array | string): void {
    this.#socket.send(payload, (error) => {
      if (error) this.#failed(error);
    });
  }

  /** The director's address and port. */
  get remote(): { readonly address: string; readonly port: number } {
    return this.#socket.remoteAddress();
  }

  /**
   * Asks the director to move this session to the token's backend, or to open it there when it
   * knows none. There is no answer, but for an acknowledgement where the director sends them.
   */
  reset(token: string): void {
    this.#token = token;
    this.send(encodeControlPacket(this.#magic, token));
  }

  /** The next packet. Rejects with DirectorUnreachable after `timeoutMs`. */
  receive(timeoutMs = 2000): Promise<Buffer> {
    return this.#packets.next(timeoutMs, () => {
      const hint = this.#lastError ? ` (${this.#lastError.message})` : "";
      return `no packet from UDP ${this.#where} in ${timeoutMs} ms${hint}`;
    });
  }

  /** Closes the socket. Pending `receive` calls end at their own time. */
  close(): void {
    this.#socket.close();
  }

  #failed(error: Error): void {
    this.#lastError = error;
    this.#listeners.onError?.(error);
  }

  #onPacket(payload: Buffer): void {
    const cookie = readChallenge(payload, this.#magic);
    if (cookie !== undefined) {
      this.send(encodeProof(this.#magic, cookie, this.#token));
      return;
    }
    if (this.#listeners.onPacket === undefined) this.#packets.push(payload);
    else this.#listeners.onPacket(payload);
  }
}
