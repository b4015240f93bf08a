import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { z } from "zod";
import type { ServerTls } from "../net/tls-files.ts";
import type { Ban } from "../protection/ban-list.ts";
import { admission } from "./admission.ts";
import type { Captures } from "./captures.ts";
import type { Control } from "./control.ts";
import {
  addressShape,
  bansShape,
  captureQueryShape,
  closedShape,
  errorShape,
  idShape,
  liftedShape,
  listQueryShape,
  movedShape,
  moveManyShape,
  moveOneShape,
  portShape,
  portsShape,
  releasedShape,
  type Summary,
  sessionPageShape,
  sessionShape,
  summaryShape,
} from "./control-schemas.ts";
import type { EventLog } from "./events/event-log.ts";
import { eventShape, eventsQueryShape } from "./events/event-schemas.ts";
import type { EventStreams } from "./events/event-streams.ts";
import { jsonSchema, openApi, type RouteShape } from "./openapi.ts";
import { addPage } from "./page-routes.ts";

/** What the admin API acts on. */
export interface ControlAppOptions {
  readonly control: Control;
  readonly protection: {
    bans(now: number): readonly Ban[];
    lift(now: number, address: string): boolean;
  };
  readonly now: () => number;
  /** Ports of port ranges. */
  readonly ranges: {
    list(now: number): z.output<typeof portsShape>["ports"];
    release(now: number, port: number): boolean;
  };
  /** Everything of the summary but the backends. */
  readonly figures: () => Omit<Summary, "backends">;
  readonly events: EventLog;
  readonly streams: EventStreams;
  /** Left out: packets may not be captured. */
  readonly captures: Captures | undefined;
  /** A line of the audit log: each request that asked for a change, who asked and what came of it. */
  readonly audit: (fields: object, message: string) => void;
  /** The bearer token that requests must carry; resolves with undefined where none is needed. */
  readonly token: () => Promise<string | undefined>;
  /** Left out: plain text. */
  readonly tls?: ServerTls | undefined;
}

/** Everything that the API can do; /openapi.json is written from it. */
export const ROUTES = {
  summary: {
    method: "GET",
    url: "/v1/summary",
    summary: "Figures of the whole director; two of them give rates",
    answers: { 200: summaryShape },
  },
  list: {
    method: "GET",
    url: "/v1/sessions",
    summary: "Live sessions, a page at a time",
    query: listQueryShape,
    answers: { 200: sessionPageShape },
  },
  show: {
    method: "GET",
    url: "/v1/sessions/:id",
    summary: "One session",
    params: idShape,
    answers: { 200: sessionShape, 404: errorShape },
  },
  end: {
    method: "DELETE",
    url: "/v1/sessions/:id",
    summary: "End a session; its client's next packet is a first packet",
    params: idShape,
    answers: { 200: closedShape, 404: errorShape },
  },
  moveOne: {
    method: "POST",
    url: "/v1/sessions/:id/retarget",
    summary: "Move a session to another backend",
    params: idShape,
    body: moveOneShape,
    answers: { 200: movedShape, 404: errorShape },
  },
  capture: {
    method: "GET",
    url: "/v1/sessions/:id/capture",
    summary: "Record the packets of a session, as they came and as they left (pcapng)",
    params: idShape,
    query: captureQueryShape,
    answers: { 403: errorShape, 404: errorShape, 503: errorShape },
    stream: { type: "application/x-pcapng" },
  },
  watch: {
    method: "POST",
    url: "/v1/sessions/:id/quality",
    summary: "Estimate a session's loss, jitter and round trip from now on",
    params: idShape,
    answers: { 200: sessionShape, 404: errorShape, 503: errorShape },
  },
  unwatch: {
    method: "DELETE",
    url: "/v1/sessions/:id/quality",
    summary: "Estimate them no more",
    params: idShape,
    answers: { 200: sessionShape, 404: errorShape },
  },
  moveMany: {
    method: "POST",
    url: "/v1/retarget",
    summary: "Move every session of a backend, or of all backends with these labels",
    body: moveManyShape,
    answers: { 200: movedShape },
  },
  bans: {
    method: "GET",
    url: "/v1/bans",
    summary: "Sources that are banned now, those that end first first",
    answers: { 200: bansShape },
  },
  ports: {
    method: "GET",
    url: "/v1/ports",
    summary: "Ports of port ranges that are given to backends",
    answers: { 200: portsShape },
  },
  release: {
    method: "DELETE",
    url: "/v1/ports/:port",
    summary: "Free a port of a port range and end its sessions",
    params: portShape,
    answers: { 200: releasedShape, 404: errorShape },
  },
  lift: {
    method: "DELETE",
    url: "/v1/bans/:address",
    summary: "Lift the ban of an address",
    params: addressShape,
    answers: { 200: liftedShape, 404: errorShape },
  },
  events: {
    method: "GET",
    url: "/v1/events",
    summary:
      "Events as they happen (Server-Sent Events). With the header Last-Event-ID, those since then that are still kept come first",
    query: eventsQueryShape,
    answers: { 503: errorShape },
    stream: { type: "text/event-stream", item: eventShape },
  },
} as const satisfies Record<string, RouteShape>;

/** `a=1,b=2`, or undefined when it is not that. */
function parseLabels(text: string): Record<string, string> | undefined {
  const pairs = text.split(",").map((pair) => /^([^=]+)=(.*)$/.exec(pair));
  if (pairs.some((pair) => pair === null)) return undefined;
  return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? "", pair?.[2] ?? ""]));
}

const count = (value: object) => Object.keys(value).length;

/** The admin API. Every answer is JSON; every refusal is `{"error": text}`. */
export function controlApp(options: ControlAppOptions): FastifyInstance {
  const { control, protection, now, token } = options;
  const app = Fastify({
    https: options.tls ? { ...options.tls, minVersion: "TLSv1.2" } : null,
    forceCloseConnections: true,
    bodyLimit: 65_536,
    // An unknown key is a mistake, not something to leave out silently.
    ajv: { customOptions: { removeAdditional: false } },
  });
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const status = error.statusCode ?? 500;
    reply.code(status).send({ error: status < 500 ? error.message : "internal error" });
  });
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: "no such route" }));

  app.addHook("onRequest", admission(token, options.tls !== undefined));

  const on = (
    shape: RouteShape,
    answer: (parts: {
      query: Record<string, unknown>;
      params: Record<string, unknown>;
      body: unknown;
      request: FastifyRequest;
      reply: FastifyReply;
      refuse: (status: 400 | 403 | 404 | 503, error: string) => FastifyReply;
    }) => unknown,
  ) => {
    app.route({
      method: shape.method,
      url: shape.url,
      schema: {
        ...(shape.query ? { querystring: jsonSchema(shape.query) } : {}),
        ...(shape.params ? { params: jsonSchema(shape.params) } : {}),
        ...(shape.body ? { body: jsonSchema(shape.body) } : {}),
      },
      handler: async (request, reply) => {
        const { body } = request;
        const params = request.params as Record<string, unknown>;
        let refused = false;
        // What only reads is no news, and a capture writes lines of its own.
        const audit = (outcome: object) => {
          if (shape.method === "GET") return;
          const asked = `${shape.method} ${shape.url}`;
          options.audit({ by: request.ip, asked, ...params, body, ...outcome }, "admin request");
        };
        const result = await answer({
          request,
          reply,
          query: request.query as Record<string, unknown>,
          params,
          body,
          refuse: (status, error) => {
            refused = true;
            audit({ error });
            return reply.code(status).send({ error });
          },
        });
        if (!refused) audit({ result });
        return result;
      },
    });
  };
  const none = (id: unknown) => `no session ${id}`;
  const idOf = (params: Record<string, unknown>) => Number(params.id);

  on(ROUTES.summary, () => ({ ...options.figures(), backends: control.busiest(100) }));
  on(ROUTES.list, ({ query, refuse }) => {
    const { label, after, limit, ...filter } = query as z.output<typeof listQueryShape>;
    const labels = label === undefined ? undefined : parseLabels(label);
    if (label !== undefined && labels === undefined) {
      return refuse(400, "label: expected key=value[,key=value...]");
    }
    return control.list({ ...filter, labels }, after, limit);
  });
  on(ROUTES.show, ({ params, refuse }) => {
    return control.show(idOf(params)) ?? refuse(404, none(params.id));
  });
  on(ROUTES.end, ({ params, refuse }) => {
    const id = idOf(params);
    return control.end(id) ? { id, closed: true } : refuse(404, none(id));
  });
  on(ROUTES.moveOne, ({ params, body, refuse }) => {
    const { to } = body as z.output<typeof moveOneShape>;
    if (count(to) !== 1) return refuse(400, "to: expected one of resource, labelSelector and any");
    return control.moveOne(idOf(params), to) ?? refuse(404, none(params.id));
  });
  on(ROUTES.capture, ({ request, reply, params, query, refuse }) => {
    const { captures } = options;
    const session = control.find(idOf(params));
    if (session === undefined) return refuse(404, none(params.id));
    if (captures === undefined) return refuse(403, "admin.captures is false");
    if (captures.full) return refuse(503, "too many captures; wait for one to end");
    reply.hijack();
    const limits = query as z.output<typeof captureQueryShape>;
    void captures.start(session, { ...limits, by: request.ip }, reply.raw);
    return reply;
  });
  for (const [route, wanted] of [
    [ROUTES.watch, true],
    [ROUTES.unwatch, false],
  ] as const) {
    on(route, ({ params, refuse }) => {
      const session = control.watch(idOf(params), wanted);
      if (session === "full") return refuse(503, "quality.maxSessions are watched already");
      return session ?? refuse(404, none(params.id));
    });
  }
  on(ROUTES.moveMany, ({ body, refuse }) => {
    const { from, to } = body as z.output<typeof moveManyShape>;
    if (count(to) !== 1) return refuse(400, "to: expected one of resource, labelSelector and any");
    if (count(from) === 0 || (from.labelSelector && count(from.labelSelector) === 0)) {
      return refuse(400, "from: expected resource, labelSelector or both");
    }
    return control.moveMany(from, to);
  });
  on(ROUTES.bans, () => ({
    bans: protection.bans(now()).map(({ source, since, until }) => ({
      source,
      sinceSeconds: Math.round(now() - since) / 1000,
      endsInSeconds: Math.round(until - now()) / 1000,
    })),
  }));
  on(ROUTES.ports, () => ({ ports: options.ranges.list(now()) }));
  on(ROUTES.release, ({ params, refuse }) => {
    const port = Number(params.port);
    if (options.ranges.release(now(), port)) return { port, released: true };
    return refuse(404, `port ${port} is not given to a backend`);
  });
  on(ROUTES.lift, ({ params, refuse }) => {
    const address = String(params.address);
    if (protection.lift(now(), address)) {
      options.events.add({ kind: "ban_lifted", source: address });
      return { address, lifted: true };
    }
    return refuse(404, `${address} is not banned`);
  });
  on(ROUTES.events, ({ request, reply, query, refuse }) => {
    const { recent } = query as z.output<typeof eventsQueryShape>;
    const id = request.headers["last-event-id"];
    const lastEventId = typeof id === "string" ? id : undefined;
    if (options.streams.full) return refuse(503, "too many readers of events; close one");
    reply.hijack();
    options.streams.start(reply.raw, { lastEventId, recent });
    return reply;
  });
  addPage(app);
  const document = openApi("udp-director admin API", ROUTES, errorShape);
  app.get("/openapi.json", async () => document);
  return app;
}
