import cors from "@fastify/cors";
import etag from "@fastify/etag";
import Fastify, { type FastifyInstance } from "fastify";
import { HttpPort } from "../net/http-port.ts";
import { HealthPoller, type Probe } from "./health.ts";
import type { DirectoryConfig } from "./schema.ts";
import { endpointView } from "./view.ts";

/** What the directory needs from outside. */
export interface DirectoryDependencies {
  readonly probe: Probe;
  readonly log: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
}

/** A running directory. */
export interface Directory {
  readonly port: number;
  /** Takes readiness away while it still answers. */
  unready(): void;
  close(): Promise<void>;
}

/** Routes: /v1/endpoints, /v1/endpoints/{name}, /livez, /readyz. Errors are `{"error": text}`. */
async function directoryApp(
  config: DirectoryConfig,
  health: HealthPoller,
  ready: () => boolean,
): Promise<FastifyInstance> {
  const app = Fastify({ forceCloseConnections: true });
  await app.register(cors, { origin: config.allowOrigin, methods: ["GET", "HEAD"] });
  await app.register(etag);
  const views = () =>
    config.endpoints.map((one) => endpointView(one, health.of(one.name), config.ttlSeconds));

  app.get("/v1/endpoints", async (_request, reply) => {
    const endpoints = views();
    const ttl = Math.min(config.ttlSeconds, ...endpoints.map((one) => one.ttl));
    reply.header("cache-control", `public, max-age=${ttl}`);
    return { endpoints };
  });
  app.get<{ Params: { name: string } }>("/v1/endpoints/:name", async (request, reply) => {
    const view = views().find((one) => one.name === request.params.name);
    if (view === undefined) {
      reply.code(404);
      return { error: `no endpoint named ${request.params.name}` };
    }
    reply.header("cache-control", `public, max-age=${view.ttl}`);
    return view;
  });
  app.get("/livez", async () => ({ status: "alive" }));
  app.get("/readyz", async (_request, reply) => {
    if (!ready()) reply.code(503);
    return { status: ready() ? "ready" : "not ready" };
  });
  app.setNotFoundHandler((request, reply) => {
    reply.code(404).send({ error: `no such path: ${request.url}; try /v1/endpoints` });
  });
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const status = error.statusCode ?? 500;
    reply.code(status).send({ error: status < 500 ? error.message : "internal error" });
  });
  return app;
}

/** Listens on every address and polls health. Port 0 takes a free one. Rejects with BindError. */
export async function startDirectory(
  config: DirectoryConfig,
  { probe, log }: DirectoryDependencies,
): Promise<Directory> {
  let ready = false;
  const health = new HealthPoller(config.endpoints, probe, (name, healthy) => {
    if (healthy) log.info({ endpoint: name }, "endpoint is healthy");
    else log.warn({ endpoint: name }, "endpoint is not healthy");
  });
  const http = new HttpPort(
    () => directoryApp(config, health, () => ready),
    "port",
    "port",
    (message) => log.info({}, message),
  );
  const close = async () => {
    health.close();
    await http.close();
  };
  const port = await http.listen(config.listen, config.port).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  await health.start();
  ready = true;
  return {
    port,
    unready: () => {
      ready = false;
    },
    close,
  };
}
