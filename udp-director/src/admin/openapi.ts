import { z } from "zod";

/** One operation of an HTTP API. */
export interface RouteShape {
  readonly method: "GET" | "POST" | "DELETE";
  /** Path with `:name` parameters. */
  readonly url: string;
  readonly summary: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Shape of each answer by its status. */
  readonly answers: Readonly<Record<number, z.ZodType>>;
  /** Answers with an ETag, and with 304 where the client has it. */
  readonly cached?: true;
  /** A 200 that goes on: its media type, and the shape of each JSON item where it has such. */
  readonly stream?: { readonly type: string; readonly item?: z.ZodType };
}

type Json = Record<string, unknown>;

/** A shape as JSON Schema, of what clients send. */
export function jsonSchema(shape: z.ZodType): Json {
  const { $schema: _, ...schema } = z.toJSONSchema(shape, { io: "input", target: "draft-7" });
  return schema as Json;
}

function parameters(where: "path" | "query", shape: z.ZodObject | undefined): Json[] {
  if (shape === undefined) return [];
  const { properties = {}, required = [] } = jsonSchema(shape) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: where,
    required: where === "path" || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema,
  }));
}

const content = (shape: z.ZodType) => ({ "application/json": { schema: jsonSchema(shape) } });

/** What a stream carries, in JSON Schema's words for text that holds JSON. */
function streamed({ type, item }: NonNullable<RouteShape["stream"]>): Json {
  const inner = item && { contentMediaType: "application/json", contentSchema: jsonSchema(item) };
  return { [type]: { schema: { type: "string", ...inner } } };
}

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  200: "Done",
  403: "Not allowed",
  404: "Not found",
  503: "Not now",
};

/** The OpenAPI 3.1 document of some routes; `failure` is the body of every refusal. */
export function openApi(
  title: string,
  routes: Readonly<Record<string, RouteShape>>,
  failure: z.ZodType,
): Json {
  const paths: Record<string, Json> = {};
  for (const [operationId, route] of Object.entries(routes)) {
    const path = route.url.replace(/:(\w+)/g, "{$1}");
    const answers = Object.entries(route.answers).map(([status, shape]) => [
      status,
      { description: DESCRIPTIONS[status], content: content(shape) },
    ]);
    const stream = route.stream && {
      200: { description: "A stream", content: streamed(route.stream) },
    };
    const operation = {
      operationId,
      summary: route.summary,
      parameters: [...parameters("path", route.params), ...parameters("query", route.query)],
      ...(route.body ? { requestBody: { required: true, content: content(route.body) } } : {}),
      responses: {
        ...stream,
        ...Object.fromEntries(answers),
        ...(route.cached ? { 304: { description: "Not changed" } } : {}),
        default: { description: "Refused", content: content(failure) },
      },
    };
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation };
  }
  return {
    openapi: "3.1.0",
    info: { title, version: "1" },
    components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
    security: [{ token: [] }, {}],
    paths,
  };
}
