import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { startEcho } from "../echo/echo-server.ts";
import { DEFAULT_MAGIC_HEX, parseMagic } from "../protocol/control-packet.ts";

/** Test support: TCP backends and clients on the loopback. */

/** Longest wait for anything, on a machine with better things to do. Milliseconds. */
const PATIENCE_MS = 20_000;

/** The prelude of a connection that shows a token. */
export const prelude = (token: string) =>
  Buffer.concat([parseMagic(DEFAULT_MAGIC_HEX), Buffer.from(`${token}\n`)]);

/** A connection that keeps what it has heard. */
export class Peer {
  readonly socket: Socket;
  /** Everything received so far. */
  heard = "";
  /** How it ended: `end` for the other side's FIN, else the error's code. */
  ended: string | undefined;
  readonly #waiting = new Set<() => void>();

  constructor(socket: Socket) {
    this.socket = socket;
    const tell = () => {
      for (const one of this.#waiting) one();
    };
    socket.on("data", (piece) => {
      this.heard += piece.toString("latin1");
      tell();
    });
    socket.on("end", () => {
      this.ended ??= "end";
      tell();
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.ended ??= error.code ?? "error";
      tell();
    });
    socket.on("connect", tell);
    socket.on("close", tell);
  }

  send(text: string | Uint8Array): void {
    this.socket.write(text);
  }

  /** Resolves when `done` holds, which is looked at whenever something happened. */
  until(what: string, done: () => boolean): Promise<void> {
    if (done()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!done()) return;
        finish();
        resolve();
      };
      const timer = setTimeout(() => {
        finish();
        const so = `heard ${JSON.stringify(this.heard.slice(-200))}, ended: ${this.ended}`;
        reject(new Error(`never: ${what}; ${so}`));
      }, PATIENCE_MS);
      const finish = () => {
        clearTimeout(timer);
        this.#waiting.delete(look);
      };
      this.#waiting.add(look);
    });
  }

  hears(text: string): Promise<void> {
    return this.until(`hears ${text}`, () => this.heard === text);
  }

  /** Resolves with how it ended. */
  async end(): Promise<string> {
    await this.until("ends", () => this.ended !== undefined);
    return this.ended ?? "";
  }
}

/** Connects to a port; the test closes the connection. */
export async function tcpClient(t: TestContext, port: number, host = "127.0.0.1"): Promise<Peer> {
  const socket = connect({ host, port, allowHalfOpen: true });
  t.after(() => socket.destroy());
  // A connection that is reset at once may never have been seen as connected.
  const peer = new Peer(socket);
  await peer.until("connects", () => !socket.connecting || peer.ended !== undefined);
  return peer;
}

/** A TCP server that does with each connection what the test says. */
export interface TcpBackend {
  readonly port: number;
  readonly server: Server;
  /** Connections so far. */
  readonly peers: readonly Peer[];
  /** The connection with this number, from 0, when it has come. */
  peer(number: number): Promise<Peer>;
}

/** Starts one that the test ends. Left out: it only listens. */
export async function tcpBackend(
  t: TestContext,
  serve: (peer: Peer) => void = () => undefined,
  port = 0,
  host = "127.0.0.1",
): Promise<TcpBackend> {
  const peers: Peer[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const peer = new Peer(socket);
    peers.push(peer);
    serve(peer);
    server.emit("peer");
  }).listen(port, host);
  await once(server, "listening");
  t.after(() => {
    server.close();
    for (const { socket } of peers) socket.destroy();
  });
  return {
    port: (server.address() as { port: number }).port,
    server,
    peers,
    async peer(number) {
      for (;;) {
        const found = peers[number];
        if (found !== undefined) return found;
        await once(server, "peer", { signal: AbortSignal.timeout(PATIENCE_MS) });
      }
    },
  };
}

/** A UDP echo and a greeter with one port number, as a backend of both has. */
export async function echoAndGreeter(t: TestContext, label: string): Promise<number> {
  for (;;) {
    const echo = await startEcho("127.0.0.1", 0, label);
    t.after(() => echo.close());
    // Somebody else may have the TCP port of that number.
    const made = await greeter(t, label, echo.port).catch(() => undefined);
    if (made !== undefined) return echo.port;
  }
}

/** A backend that speaks first, its label, and answers what it hears in capitals. */
export const greeter = (t: TestContext, label: string, port = 0, host?: string) =>
  tcpBackend(
    t,
    (peer) => {
      peer.send(`${label}:`);
      peer.socket.on("data", (piece) => peer.send(piece.toString("latin1").toUpperCase()));
      peer.socket.on("end", () => peer.socket.end("."));
    },
    port,
    host,
  );
