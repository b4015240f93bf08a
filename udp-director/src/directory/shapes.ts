import { z } from "zod";
import type { RouteShape } from "../admin/openapi.ts";

/** What the directory answers; /openapi.json is written from these. */

const portShape = z.object({
  name: z.string(),
  port: z.int().describe("Port that clients use"),
  protocol: z.enum(["UDP", "TCP"]),
});

export const endpointShape = z.object({
  name: z.string().describe("Last part of its URL"),
  addresses: z.array(z.string()).describe("IPv4 and IPv6 addresses; none where only a name is"),
  hostname: z.string().optional(),
  ports: z.array(portShape),
  protocol: z.enum(["UDP", "TCP", "MIXED"]).describe("That of all ports, or MIXED"),
  region: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  healthy: z.boolean().nullable().describe("As of the last probe; null: none, or none yet"),
  ttl: z.int().describe("Seconds for which the answer may be kept"),
});

export const endpointsShape = z.object({ endpoints: z.array(endpointShape) });
export const errorShape = z.object({ error: z.string() });

/** An endpoint as the directory answers it. */
export type EndpointView = z.output<typeof endpointShape>;

export const ROUTES = {
  endpoints: {
    method: "GET",
    url: "/v1/endpoints",
    summary: "All endpoints, in the order of the configuration",
    answers: { 200: endpointsShape },
    cached: true,
  },
  endpoint: {
    method: "GET",
    url: "/v1/endpoints/:name",
    summary: "One endpoint",
    params: z.object({ name: z.string() }),
    answers: { 200: endpointShape, 404: errorShape },
    cached: true,
  },
} as const satisfies Record<string, RouteShape>;
