import { createServer, type Server, type Socket } from "node:net";
import { listenOnEach } from "../../net/each-address.ts";
import { listenTcp } from "../../net/listen-tcp.ts";
import type { Session } from "../../sessions/session.ts";
import type { SessionExecutor } from "../../sessions/session-ports.ts";
import { KEEP_ALIVE_MS, TcpConnection } from "./tcp-connection.ts";
import type { TcpOptions } from "./tcp-ports.ts";

/** One connection as the admin API shows it. */
export interface ConnectionView {
  readonly dataPort: string;
  readonly clientAddress: string;
  readonly clientPort: number;
  /** The port that the backend sees; undefined until it has accepted. */
  readonly sourcePort: number | undefined;
}

/**
 * TCP data ports: accepts connections, bounds them, and cuts those of sessions that move or end. A
 * byte stream cannot go on at another server, so a moved session's client has to connect again,
 * and then reaches the new backend.
 */
export class TcpDataPath implements Pick<SessionExecutor<unknown>, "retarget" | "closeSession"> {
  readonly #options: TcpOptions;
  readonly #servers: Server[] = [];
  readonly #open = new Set<TcpConnection>();
  readonly #bySession = new Map<Session<unknown>, Set<TcpConnection>>();

  constructor(options: TcpOptions) {
    this.#options = options;
  }

  /** Open connections, those without a session yet included. */
  get connections(): number {
    return this.#open.size;
  }

  /** Listens on every address; same rules and errors as the UDP data path's `listen`. */
  async listen(
    dataPort: string,
    addresses: readonly string[],
    port: number,
    setting: string,
    inRange = false,
  ): Promise<number> {
    const { meter, note } = this.#options;
    return listenOnEach(addresses, port, "data port", note, async (address, wanted) => {
      const server = createServer(
        {
          allowHalfOpen: true,
          noDelay: true,
          keepAlive: true,
          keepAliveInitialDelay: KEEP_ALIVE_MS,
        },
        (socket) => this.#accept(socket, dataPort, inRange ? bound : undefined),
      );
      const bound = await listenTcp(server, address, wanted, setting);
      // Failed accepts, such as for lack of file descriptors, must not end the process.
      server.on("error", () => meter.error("data_socket"));
      this.#servers.push(server);
      return bound;
    });
  }

  /** Connections of a session. */
  of(session: Session<unknown>): ConnectionView[] {
    return [...(this.#bySession.get(session) ?? [])].map(
      ({ dataPort, clientAddress, clientPort, sourcePort }) => ({
        dataPort,
        clientAddress,
        clientPort,
        sourcePort,
      }),
    );
  }

  retarget(session: Session<unknown>): void {
    for (const connection of this.#bySession.get(session) ?? []) connection.close();
  }

  closeSession(session: Session<unknown>): void {
    this.retarget(session);
  }

  /** Stops listening and cuts every connection. */
  async close(): Promise<void> {
    const closed = this.#servers
      .splice(0)
      .map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    for (const connection of this.#open) connection.close();
    await Promise.all(closed);
  }

  #accept(socket: Socket, dataPort: string, rangePort: number | undefined): void {
    const { maxConnections, maxPerSession, meter } = this.#options;
    if (socket.remoteAddress === undefined) {
      // It has been reset before it was accepted.
      socket.destroy();
      return;
    }
    if (this.#open.size >= maxConnections) {
      meter.connectionRefused("connections_full");
      socket.on("error", () => undefined);
      socket.resetAndDestroy();
      return;
    }
    const connection = new TcpConnection(socket, { dataPort, rangePort }, this.#options, {
      joined: (joining, session) => {
        const siblings = this.#bySession.get(session) ?? new Set();
        if (siblings.size >= maxPerSession) return false;
        this.#bySession.set(session, siblings.add(joining));
        return true;
      },
      closed: (gone) => {
        this.#open.delete(gone);
        const { session } = gone;
        const siblings = session && this.#bySession.get(session);
        siblings?.delete(gone);
        if (session && siblings?.size === 0) this.#bySession.delete(session);
      },
    });
    this.#open.add(connection);
  }
}
