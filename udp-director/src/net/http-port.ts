import { Server as TlsServer } from "node:tls";
import type { FastifyInstance } from "fastify";
import { BindError, errorCode } from "./bind-error.ts";
import { listenOnEach } from "./each-address.ts";
import type { ServerTls } from "./tls-files.ts";

/** One HTTP application on several addresses. */
export class HttpPort {
  readonly #makeApp: () => FastifyInstance | Promise<FastifyInstance>;
  readonly #what: string;
  readonly #setting: string;
  readonly #note: (message: string) => void;
  readonly #apps: FastifyInstance[] = [];

  /** `what` names the port in log lines, `setting` the key that holds its number. */
  constructor(
    makeApp: () => FastifyInstance | Promise<FastifyInstance>,
    what: string,
    setting: string,
    note: (message: string) => void,
  ) {
    this.#makeApp = makeApp;
    this.#what = what;
    this.#setting = setting;
    this.#note = note;
  }

  /** Listens on every address; same rules and errors as the data path's `listen`. */
  async listen(addresses: readonly string[], port: number): Promise<number> {
    return listenOnEach(addresses, port, this.#what, this.#note, async (host, bound) => {
      const app = await this.#makeApp();
      try {
        await app.listen({ host, port: bound, ipv6Only: true });
      } catch (error) {
        await app.close();
        throw new BindError("TCP", host, bound, this.#setting, errorCode(error));
      }
      this.#apps.push(app);
      const address = app.server.address();
      return typeof address === "object" && address !== null ? address.port : bound;
    });
  }

  /** New certificates for connections to come. */
  renew(tls: ServerTls): void {
    for (const { server } of this.#apps) {
      if (server instanceof TlsServer) server.setSecureContext(tls);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#apps.splice(0).map((app) => app.close()));
  }
}
