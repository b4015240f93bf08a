import { connect, type Socket } from "node:net";
import { plainAddress } from "../../net/addresses.ts";
import { errorCode } from "../../net/bind-error.ts";
import { type Endpoint, encodeProxyHeader } from "../../protocol/proxy-header.ts";
import { type Prelude, PreludeReader } from "../../protocol/tcp-prelude.ts";
import type { Session } from "../../sessions/session.ts";
import type { Ingress } from "../../sessions/session-ports.ts";
import type { DataPathError, Side } from "../traffic.ts";
import { cut, relay } from "./relay.ts";
import type { Refusal, TcpOptions } from "./tcp-ports.ts";

/** Longest wait for the rest of a prelude whose magic has come: a lost segment or two. */
const REST_OF_PRELUDE_MS = 5000;
/** Idle time before the kernel asks whether the peer is still there. */
export const KEEP_ALIVE_MS = 60_000;

/** What a connection asks of its owner. */
export interface ConnectionOwner {
  /** Takes it into a session; false when that has its share. */
  joined(connection: TcpConnection, session: Session<unknown>): boolean;
  closed(connection: TcpConnection): void;
}

/**
 * One connection of a client: its prelude, the session that it belongs to, a connection to that
 * session's backend, and bytes both ways. Ends as either side ends it; a failure of one side is a
 * reset of the other.
 */
export class TcpConnection {
  readonly dataPort: string;
  readonly clientAddress: string;
  readonly clientPort: number;
  readonly #client: Socket;
  readonly #here: Endpoint;
  readonly #rangePort: number | undefined;
  readonly #options: TcpOptions;
  readonly #owner: ConnectionOwner;
  #backend: Socket | undefined;
  #session: Session<unknown> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(client: Socket, ingress: Ingress, options: TcpOptions, owner: ConnectionOwner) {
    this.#client = client;
    this.#options = options;
    this.#owner = owner;
    this.dataPort = ingress.dataPort;
    this.#rangePort = ingress.rangePort;
    this.clientAddress = plainAddress(client.remoteAddress ?? "");
    this.clientPort = client.remotePort ?? 0;
    const { localAddress = "", localPort = 0 } = client;
    this.#here = { address: plainAddress(localAddress), port: localPort };
    client.on("error", () => this.close());
    client.on("close", () => {
      clearTimeout(this.#timer);
      if (this.#backend?.destroyed !== false) owner.closed(this);
    });
    // Clients of a port range know nothing of tokens: nothing is looked for.
    if (options.preludeMs === 0 || ingress.rangePort !== undefined)
      this.#decide({ kind: "none", rest: new Uint8Array() });
    else this.#readPrelude(options.preludeMs);
  }

  get session(): Session<unknown> | undefined {
    return this.#session;
  }

  /** The port that the backend sees; undefined until it has accepted. */
  get sourcePort(): number | undefined {
    return this.#backend?.localPort;
  }

  /** Cuts both sides at once. May be called twice. */
  close(): void {
    clearTimeout(this.#timer);
    if (this.#backend !== undefined) cut(this.#backend);
    cut(this.#client);
  }

  #readPrelude(preludeMs: number): void {
    const client = this.#client;
    const reader = new PreludeReader(this.#options.magic);
    let waited = false;
    const settle = (prelude: Prelude) => {
      clearTimeout(this.#timer);
      client.off("data", onData);
      client.off("end", onEnd);
      client.pause();
      this.#decide(prelude);
    };
    const onData = (piece: Buffer) => {
      const prelude = reader.push(piece);
      if (prelude.kind !== "incomplete") return settle(prelude);
      if (!prelude.certain || waited) return;
      waited = true;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => settle(reader.end()), REST_OF_PRELUDE_MS);
    };
    const onEnd = () => {
      const prelude = reader.end();
      // Who comes and goes without a byte, as a balancer's probe does, gets no session.
      if (prelude.kind === "none" && prelude.rest.length === 0) client.destroy();
      else settle(prelude);
    };
    client.on("data", onData);
    client.on("end", onEnd);
    this.#timer = setTimeout(() => settle(reader.end()), preludeMs);
  }

  #decide(prelude: Prelude): void {
    if (prelude.kind === "malformed" || prelude.kind === "incomplete") {
      this.#refuse("reset_malformed");
    } else if (prelude.kind === "none") this.#join(undefined, prelude.rest);
    else {
      const { token, rest } = prelude;
      const asked = this.#options.recall?.(this.clientAddress, token);
      if (asked === undefined) this.#join(token, rest);
      else void asked.then(() => this.#client.destroyed || this.#join(token, rest));
    }
  }

  #join(token: string | undefined, rest: Uint8Array): void {
    const { meter, now, sink } = this.#options;
    const { clientAddress, clientPort, dataPort } = this;
    const client = [clientAddress, clientPort, token, this.#rangePort] as const;
    const verdict = sink.onConnection(now(), dataPort, ...client);
    if (!verdict.ok) this.#refuse(verdict.reason);
    else if (!this.#owner.joined(this, verdict.session)) this.#refuse("session_connections_full");
    else {
      this.#session = verdict.session;
      meter.connectionAdmitted();
      const { address, proxyProtocol } = verdict.session.target;
      this.#connect(address, verdict.backendPort, proxyProtocol !== undefined, rest);
    }
  }

  #refuse(reason: Refusal): void {
    this.#options.meter.connectionRefused(reason);
    cut(this.#client);
  }

  #connect(host: string, port: number, proxied: boolean, rest: Uint8Array): void {
    const { connectMs, meter } = this.#options;
    const client = this.#client;
    const backend = connect({
      host,
      port,
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
    });
    this.#backend = backend;
    let connected = false;
    const fail = (type: DataPathError) => {
      if (backend.destroyed && client.destroyed) return;
      meter.error(type);
      this.close();
    };
    this.#timer = setTimeout(() => fail("backend_timeout"), connectMs);
    backend.on("connect", () => {
      connected = true;
      clearTimeout(this.#timer);
    });
    backend.on("error", (error) => {
      const refused = errorCode(error) === "ECONNREFUSED";
      fail(connected ? "backend_reset" : refused ? "backend_refused" : "backend_socket");
    });
    backend.on("close", () => {
      if (client.destroyed) this.#owner.closed(this);
    });
    if (proxied) backend.write(this.#proxyHeader());
    if (rest.length > 0) {
      this.#moved("client", rest.length);
      backend.write(rest);
    }
    relay(client, backend, (bytes) => this.#moved("client", bytes));
    relay(backend, client, (bytes) => this.#moved("server", bytes));
    // The end may have come with the prelude, when nobody was told of it.
    if (client.readableEnded) backend.end();
  }

  #proxyHeader(): Uint8Array {
    return encodeProxyHeader({
      transport: "tcp",
      source: { address: this.clientAddress, port: this.clientPort },
      destination: this.#here,
    });
  }

  #moved(source: Side, bytes: number): void {
    const { meter, now, sink } = this.#options;
    meter.streamed(source, bytes);
    if (this.#session !== undefined) sink.onActivity(now(), this.#session);
  }
}
