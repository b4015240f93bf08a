import cors from "@fastify/cors";
import etag from "@fastify/etag";
import Fastify, { type FastifyInstance } from "fastify";
import { openApi } from "../admin/openapi.ts";
import { plainAddress } from "../net/addresses.ts";
import { BEARER_WANTED, carriesBearer } from "../net/bearer.ts";
import { sourceOf } from "../protection/source.ts";
import type { Health } from "./health.ts";
import type { DirectoryConfig } from "./schema.ts";
import { errorShape, ROUTES } from "./shapes.ts";
import { endpointView } from "./view.ts";

/** What the application acts on. */
export interface DirectoryAppOptions {
  readonly config: DirectoryConfig;
  readonly health: (name: string) => Health;
  readonly ready: () => boolean;
  /** Whether this source may ask now. */
  readonly allowed: (source: string) => boolean;
  /** The token that requests must carry; undefined where none is needed, "" where nobody gets in. */
  readonly token: () => Promise<string | undefined>;
}

/** Routes: those of `ROUTES`, /openapi.json, /livez, /readyz. Errors are `{"error": text}`. */
export async function directoryApp(options: DirectoryAppOptions): Promise<FastifyInstance> {
  const { config, ready } = options;
  const { trustedProxies } = config;
  const app = Fastify({
    forceCloseConnections: true,
    trustProxy: trustedProxies.length === 0 ? false : [...trustedProxies],
  });
  await app.register(cors, {
    origin: config.allowOrigin,
    methods: ["GET", "HEAD"],
    exposedHeaders: ["etag", "retry-after"],
    maxAge: 3600,
  });
  await app.register(etag);

  app.register(async (api) => {
    api.addHook("onRequest", async (request, reply) => {
      if (!options.allowed(sourceOf(plainAddress(request.ip)))) {
        reply.code(429).headers({ "retry-after": "1", "cache-control": "no-store" });
        return reply.send({ error: "too many requests; ask again in a second" });
      }
      const wanted = await options.token();
      if (wanted === undefined || carriesBearer(request.headers.authorization, wanted)) {
        return undefined;
      }
      reply.code(401).headers({ "www-authenticate": "Bearer", "cache-control": "no-store" });
      return reply.send({ error: BEARER_WANTED });
    });
    // A shared cache would give what one token opened to everybody.
    const scope = config.tokenFile === undefined ? "public" : "private";
    const keep = (seconds: number) => `${scope}, max-age=${seconds}`;
    const view = (one: DirectoryConfig["endpoints"][number]) =>
      endpointView(one, options.health(one.name), config.ttlSeconds);
    api.get(ROUTES.endpoints.url, async (_request, reply) => {
      const endpoints = config.endpoints.map(view);
      const ttl = Math.min(config.ttlSeconds, ...endpoints.map((one) => one.ttl));
      reply.header("cache-control", keep(ttl));
      return { endpoints };
    });
    api.get<{ Params: { name: string } }>(ROUTES.endpoint.url, async (request, reply) => {
      const { name } = request.params;
      const found = config.endpoints.find((one) => one.name === name);
      if (found === undefined) {
        reply.code(404);
        return { error: `no endpoint named ${name}` };
      }
      const shown = view(found);
      reply.header("cache-control", keep(shown.ttl));
      return shown;
    });
  });

  const document = openApi("udp-director endpoint directory", ROUTES, errorShape);
  app.get("/openapi.json", async () => document);
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
