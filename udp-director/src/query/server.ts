import { createServer, type Server, type Socket } from "node:net";
import { plainAddress } from "../net/addresses.ts";
import { BindError, errorCode, lacksIpv6 } from "../net/bind-error.ts";
import { type Framing, RequestFramer } from "../protocol/framing.ts";
import { queryErrors } from "../protocol/query-errors.ts";
import { encodeError } from "../protocol/response.ts";
import type { Answer } from "./answer.ts";

/** What the query server needs from outside. */
export interface QueryServerOptions {
  /** Answers a whole request. Synchronous: backends are in memory. */
  readonly answer: (body: Uint8Array, peerAddress: string) => Answer;
  /** Called once for each answered connection; seconds from accept to answer. */
  readonly answered: (ok: boolean, seconds: number) => void;
  /** Called for each connection turned away: `maxConnections` were open, or accept failed. */
  readonly refused: () => void;
  /** Bound on open connections per listen address. */
  readonly maxConnections: number;
  /** Milliseconds from accept within which the whole request must have come. */
  readonly timeoutMs: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly note: (message: string) => void;
}

/** Milliseconds that a client gets to read its answer and close. */
const LINGER_MS = 1000;

/** TCP server of the query protocol: one JSON document in, one out, close. */
export class QueryServer {
  readonly #options: QueryServerOptions;
  readonly #servers: Server[] = [];
  readonly #open = new Set<Socket>();

  constructor(options: QueryServerOptions) {
    this.#options = options;
  }

  /** Listens on every address; same rules and errors as the data path's `listen`. */
  async listen(addresses: readonly string[], port: number): Promise<number> {
    let bound = port;
    for (const address of addresses) {
      const server = createServer({ allowHalfOpen: true }, (socket) => this.#serve(socket));
      server.maxConnections = this.#options.maxConnections;
      server.on("drop", () => this.#options.refused());
      try {
        bound = await listenOn(server, address, bound);
      } catch (error) {
        const code = errorCode(error);
        if (addresses.length > 1 && lacksIpv6(address, code)) {
          this.#options.note(`no IPv6 on this host: query port ${bound} listens on IPv4 only`);
          continue;
        }
        throw new BindError("TCP", address, bound, "queryPort", code);
      }
      // Failed accepts, such as for lack of file descriptors, must not end the process.
      server.on("error", () => this.#options.refused());
      this.#servers.push(server);
    }
    return bound;
  }

  /** Stops listening and cuts open connections. */
  async close(): Promise<void> {
    const closed = this.#servers
      .splice(0)
      .map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    for (const socket of this.#open) socket.destroy();
    await Promise.all(closed);
  }

  #serve(socket: Socket): void {
    const { answer, answered, now, timeoutMs } = this.#options;
    const startedAt = now();
    const peer = plainAddress(socket.remoteAddress ?? "");
    const framer = new RequestFramer();
    let done = false;

    const reply = ({ ok, text }: Answer): void => {
      done = true;
      clearTimeout(timer);
      timer = setTimeout(() => socket.destroy(), LINGER_MS);
      socket.end(text);
      answered(ok, (now() - startedAt) / 1000);
    };
    const fail = (message: string) => reply({ ok: false, text: encodeError(message) });
    const onFraming = (framing: Framing): void => {
      if (framing.kind === "complete") reply(answer(framing.body, peer));
      else if (framing.kind === "error") fail(framing.error);
      else if (framing.kind === "empty") socket.destroy();
    };
    let timer = setTimeout(() => fail(queryErrors.timedOut), timeoutMs);

    this.#open.add(socket);
    socket.on("close", () => {
      clearTimeout(timer);
      this.#open.delete(socket);
    });
    // A reset connection is the client's business; "close" follows.
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

function listenOn(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, exclusive: true, ipv6Only: true }, () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}
