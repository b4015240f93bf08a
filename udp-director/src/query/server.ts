import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type Server as TlsServer } from "node:tls";
import { plainAddress } from "../net/addresses.ts";
import { listenOnEach } from "../net/each-address.ts";
import { listenTcp } from "../net/listen-tcp.ts";
import type { ServerTls } from "../net/tls-files.ts";
import { type Framing, RequestFramer } from "../protocol/framing.ts";
import { queryErrors } from "../protocol/query-errors.ts";
import { encodeError } from "../protocol/response.ts";
import type { Answer } from "./answer.ts";

/** What the query server needs from outside. Limits are read when they are needed. */
export interface QueryServerOptions {
  /** Answers a whole request, a query at once: backends are in memory. Never rejects. */
  readonly answer: (body: Uint8Array, peerAddress: string) => Answer | Promise<Answer>;
  /** Called once for each answered connection; seconds from accept to answer. */
  readonly answered: (ok: boolean, seconds: number) => void;
  /** Called for each connection turned away unanswered. */
  readonly refused: (why: ConnectionRefusal) => void;
  /** True for a peer that is not to be served, such as a banned one. */
  readonly turnsAway: (peerAddress: string) => boolean;
  /** What connections are counted by: the peer's source, or undefined for one without limit. */
  readonly sourceOf: (peerAddress: string) => string | undefined;
  /** Bound on open connections of one source. */
  readonly maxConnectionsPerSource: number;
  /** Bound on open connections per listen address. */
  readonly maxConnections: number;
  /** Milliseconds from accept within which the whole request must have come. */
  readonly timeoutMs: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly note: (message: string) => void;
  /** Certificates for an encrypted port. Left out: plain text. */
  readonly tls?: ServerTls | undefined;
}

/** Why a connection was closed without an answer, as metric label values. */
export const CONNECTION_REFUSALS = [
  /** `maxConnections` were open, or accept failed. */
  "connection_refused",
  /** `maxConnectionsPerSource` were open. */
  "source_connections",
  /** The source is banned. */
  "source_banned",
  /** The TLS handshake failed: no TLS, or no certificate that is trusted. */
  "tls_handshake",
] as const;
export type ConnectionRefusal = (typeof CONNECTION_REFUSALS)[number];

/** Milliseconds that a client gets to read its answer and close. */
const LINGER_MS = 1000;

/** TCP server of the query protocol: one JSON document in, one out, close. */
export class QueryServer {
  readonly #options: QueryServerOptions;
  readonly #servers: Server[] = [];
  readonly #tlsServers: TlsServer[] = [];
  readonly #open = new Set<Socket>();
  readonly #perSource = new Map<string, number>();

  constructor(options: QueryServerOptions) {
    this.#options = options;
  }

  /** Listens on every address; same rules and errors as the data path's `listen`. */
  async listen(addresses: readonly string[], port: number): Promise<number> {
    const { note, refused } = this.#options;
    return listenOnEach(addresses, port, "query port", note, async (address, wanted) => {
      const server = this.#create();
      server.maxConnections = this.#options.maxConnections;
      server.on("drop", () => refused("connection_refused"));
      const bound = await listenTcp(server, address, wanted, "queryPort");
      // Failed accepts, such as for lack of file descriptors, must not end the process.
      server.on("error", () => refused("connection_refused"));
      this.#servers.push(server);
      return bound;
    });
  }

  /** Renewed certificates, for connections from now on. */
  renew(tls: ServerTls): void {
    for (const server of this.#tlsServers) server.setSecureContext(tls);
  }

  /** Takes over `maxConnections` where it has changed. */
  limit(): void {
    for (const server of this.#servers) server.maxConnections = this.#options.maxConnections;
  }

  /** Stops listening and cuts open connections. */
  async close(): Promise<void> {
    const closed = this.#servers
      .splice(0)
      .map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    for (const socket of this.#open) socket.destroy();
    await Promise.all(closed);
  }

  #create(): Server {
    const { tls, timeoutMs, refused } = this.#options;
    if (tls === undefined) {
      return createServer({ allowHalfOpen: true }, (socket) => {
        if (this.#accept(socket)) this.#serve(socket);
      });
    }
    const server = createTlsServer({
      ...tls,
      allowHalfOpen: true,
      handshakeTimeout: timeoutMs,
      minVersion: "TLSv1.2",
    });
    // Counted from the first packet on: a handshake costs more than a query.
    server.on("connection", (socket) => this.#accept(socket));
    server.on("secureConnection", (socket) => this.#serve(socket));
    server.on("tlsClientError", (_error, socket) => {
      refused("tls_handshake");
      socket.destroy();
    });
    this.#tlsServers.push(server);
    return server;
  }

  /** Takes a connection in, or closes it. */
  #accept(socket: Socket): boolean {
    const leave = this.#enter(plainAddress(socket.remoteAddress ?? ""));
    // A reset connection is the client's business; "close" follows.
    socket.on("error", () => undefined);
    if (typeof leave === "string") {
      this.#options.refused(leave);
      socket.destroy();
      return false;
    }
    this.#open.add(socket);
    socket.on("close", () => {
      leave();
      this.#open.delete(socket);
    });
    return true;
  }

  /** Counts a connection of its source; why it is turned away, or how to count it off again. */
  #enter(peer: string): ConnectionRefusal | (() => void) {
    const { turnsAway, sourceOf, maxConnectionsPerSource } = this.#options;
    if (turnsAway(peer)) return "source_banned";
    const source = sourceOf(peer);
    if (source === undefined) return () => undefined;
    const open = this.#perSource.get(source) ?? 0;
    if (open >= maxConnectionsPerSource) return "source_connections";
    this.#perSource.set(source, open + 1);
    return () => {
      const left = (this.#perSource.get(source) ?? 1) - 1;
      if (left === 0) this.#perSource.delete(source);
      else this.#perSource.set(source, left);
    };
  }

  #serve(socket: Socket): void {
    const { answer, answered, now, timeoutMs } = this.#options;
    const startedAt = now();
    const peer = plainAddress(socket.remoteAddress ?? "");
    const framer = new RequestFramer();
    let done = false;

    const reply = ({ ok, text }: Answer): void => {
      // Gone while another director was asked.
      if (socket.destroyed) return;
      timer = setTimeout(() => socket.destroy(), LINGER_MS);
      socket.end(text);
      answered(ok, (now() - startedAt) / 1000);
    };
    const finish = (result: Answer | Promise<Answer>): void => {
      done = true;
      clearTimeout(timer);
      if (result instanceof Promise) void result.then(reply);
      else reply(result);
    };
    const fail = (message: string) => finish({ ok: false, text: encodeError(message) });
    const onFraming = (framing: Framing): void => {
      if (framing.kind === "complete") finish(answer(framing.body, peer));
      else if (framing.kind === "error") fail(framing.error);
      else if (framing.kind === "empty") socket.destroy();
    };
    let timer = setTimeout(() => fail(queryErrors.timedOut), timeoutMs);

    socket.on("close", () => clearTimeout(timer));
    // Of TLS this is another socket than the accepted one.
    socket.on("error", () => undefined);
    // Once answered, further bytes are read and thrown away: closing with unread bytes would
    // make the kernel reset the connection and the client lose its answer.
    socket.on("data", (chunk) => {
      if (!done) onFraming(framer.push(chunk));
    });
    socket.on("end", () => {
      if (!done) onFraming(framer.end());
    });
  }
}
