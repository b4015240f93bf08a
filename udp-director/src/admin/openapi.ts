import { z } from "zod";

/** One operation of the admin API. */
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

/** The OpenAPI 3.1 document of some routes; `failure` is the body of every refusal. */
export function openApi(routes: Readonly<Record<string, RouteShape>>, failure: z.ZodType): Json {
  const paths: Record<string, Json> = {};
  for (const [operationId, route] of Object.entries(routes)) {
    const path = route.url.replace(/:(\w+)/g, "{$1}");
    const answers = Object.entries(route.answers).map(([status, shape]) => [
      status,
      { description: status === "200" ? "Done" : "Not found", content: content(shape) },
    ]);
    const operation = {
      operationId,
      summary: route.summary,
      parameters: [...parameters("path", route.params), ...parameters("query", route.query)],
      ...(route.body ? { requestBody: { required: true, content: content(route.body) } } : {}),
      responses: {
        ...Object.fromEntries(answers),
        default: { description: "Refused", content: content(failure) },
      },
    };
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation };
  }
  return {
    openapi: "3.1.0",
    info: { title: "udp-director admin API", version: "1" },
    components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
    security: [{ token: [] }, {}],
    paths,
  };
}
