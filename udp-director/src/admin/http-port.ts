import { Server as TlsServer } from "node:tls";
import type { FastifyInstance } from "fastify";
import { BindError, errorCode, lacksIpv6 } from "../net/bind-error.ts";
import type { ServerTls } from "../net/tls-files.ts";

/** One HTTP application on several addresses. */
export class HttpPort {
  readonly #makeApp: () => FastifyInstance;
  readonly #what: string;
  readonly #setting: string;
  readonly #note: (message: string) => void;
  readonly #apps: FastifyInstance[] = [];

  /** `what` names the port in log lines, `setting` the key that holds its number. */
  constructor(
    makeApp: () => FastifyInstance,
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
    let bound = port;
    for (const host of addresses) {
      const app = this.#makeApp();
      try {
        await app.listen({ host, port: bound, ipv6Only: true });
      } catch (error) {
        const code = errorCode(error);
        await app.close();
        if (addresses.length > 1 && lacksIpv6(host, code)) {
          this.#note(`no IPv6 on this host: ${this.#what} ${bound} listens on IPv4 only`);
          continue;
        }
        throw new BindError("TCP", host, bound, this.#setting, code);
      }
      const address = app.server.address();
      if (typeof address === "object" && address !== null) bound = address.port;
      this.#apps.push(app);
    }
    return bound;
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
