import Fastify, { type FastifyInstance } from "fastify";
import type { Registry } from "prom-client";
import { HttpPort } from "../net/http-port.ts";

/** What the admin server shows. */
export interface AdminOptions {
  readonly registry: Registry;
  /** Brings figures up to date that are kept elsewhere, before they are told. Never rejects. */
  readonly refresh?: () => Promise<void>;
  /** What still keeps the director from serving, in words; empty when it is ready. */
  readonly notReady: () => readonly string[];
  readonly note: (message: string) => void;
}

/** Routes: /metrics, /livez, /readyz, /health (the published name of /livez). */
export function adminApp(options: AdminOptions): FastifyInstance {
  const app = Fastify({ forceCloseConnections: true });
  app.get("/metrics", async (_request, reply) => {
    await options.refresh?.();
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

/** The port of metrics and health. */
export class AdminServer extends HttpPort {
  constructor(options: AdminOptions) {
    super(() => adminApp(options), "metrics port", "metricsPort", options.note);
  }
}
