import Fastify, { type FastifyInstance } from "fastify";
import type { Registry } from "prom-client";
import { BindError, errorCode, lacksIpv6 } from "../net/bind-error.ts";

/** What the admin server shows. */
export interface AdminOptions {
  readonly registry: Registry;
  /** What still keeps the director from serving, in words; empty when it is ready. */
  readonly notReady: () => readonly string[];
  readonly note: (message: string) => void;
}

/** Routes: /metrics, /livez, /readyz, /health (the published name of /livez). */
export function adminApp(options: AdminOptions): FastifyInstance {
  const app = Fastify({ forceCloseConnections: true });
  app.get("/metrics", async (_request, reply) => {
    reply.type(options.registry.contentType);
    return options.registry.metrics();
  });
  app.get("/livez", async () => ({ status: "alive" }));
  app.get("/health", async (_request, reply) => reply.type("text/plain").send("OK"));
  app.get("/readyz", async (_request, reply) => {
    const waitingFor = options.notReady();
    if (waitingFor.length === 0) return { status: "ready" };
    reply.code(503);
    return { status: "not ready", waitingFor };
  });
  return app;
}

/** The admin port on several addresses. */
export class AdminServer {
  readonly #options: AdminOptions;
  readonly #apps: FastifyInstance[] = [];

  constructor(options: AdminOptions) {
    this.#options = options;
  }

  /** Listens on every address; same rules and errors as the data path's `listen`. */
  async listen(addresses: readonly string[], port: number): Promise<number> {
    let bound = port;
    for (const host of addresses) {
      const app = adminApp(this.#options);
      try {
        await app.listen({ host, port: bound, ipv6Only: true });
      } catch (error) {
        const code = errorCode(error);
        await app.close();
        if (addresses.length > 1 && lacksIpv6(host, code)) {
          this.#options.note(`no IPv6 on this host: metrics port ${bound} listens on IPv4 only`);
          continue;
        }
        throw new BindError("TCP", host, bound, "metricsPort", code);
      }
      const address = app.server.address();
      if (typeof address === "object" && address !== null) bound = address.port;
      this.#apps.push(app);
    }
    return bound;
  }

  async close(): Promise<void> {
    await Promise.all(this.#apps.splice(0).map((app) => app.close()));
  }
}
