import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type Server as TlsServer } from "node:tls";
import { plainAddress } from "../net/addresses.ts";
import { listenOnEach } from "../net/each-address.ts";
import { listenTcp } from "../net/listen-tcp.ts";
import type { ServerTls } from "../net/tls-files.ts";
import { Exchange, type ExchangeOptions } from "./exchange.ts";

/** What the query server needs from outside. Limits are read when they are needed. */
export interface QueryServerOptions extends ExchangeOptions {
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

/** A reset connection is the client's business; "close" follows. */
const ignore = () => undefined;

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
        const peer = this.#accept(socket);
        if (peer !== undefined) new Exchange(socket, peer, this.#options);
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
    server.on("secureConnection", (socket) => {
      // Another socket than the accepted one.
      socket.on("error", ignore);
      new Exchange(socket, plainAddress(socket.remoteAddress ?? ""), this.#options);
    });
    server.on("tlsClientError", (_error, socket) => {
      refused("tls_handshake");
      socket.destroy();
    });
    this.#tlsServers.push(server);
    return server;
  }

  /** Takes a connection in and tells its peer, or closes it. */
  #accept(socket: Socket): string | undefined {
    const peer = plainAddress(socket.remoteAddress ?? "");
    socket.on("error", ignore);
    const source = this.#options.sourceOf(peer);
    const refusal = this.#refusal(peer, source);
    if (refusal !== undefined) {
      this.#options.refused(refusal);
      socket.destroy();
      return undefined;
    }
    this.#count(source, 1);
    this.#open.add(socket);
    socket.on("close", () => {
      this.#count(source, -1);
      this.#open.delete(socket);
    });
    return peer;
  }

  #refusal(peer: string, source: string | undefined): ConnectionRefusal | undefined {
    const { turnsAway, maxConnectionsPerSource } = this.#options;
    if (turnsAway(peer)) return "source_banned";
    const open = source === undefined ? 0 : (this.#perSource.get(source) ?? 0);
    return open >= maxConnectionsPerSource ? "source_connections" : undefined;
  }

  /** Counts a connection on or off. Without a source it is of nobody. */
  #count(source: string | undefined, change: 1 | -1): void {
    if (source === undefined) return;
    const open = (this.#perSource.get(source) ?? 0) + change;
    if (open === 0) this.#perSource.delete(source);
    else this.#perSource.set(source, open);
  }
}
