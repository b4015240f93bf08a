import { z } from "zod";
import { ipAddress, listOf, object, oneOf, port, text, textMap, whole } from "../config/fields.ts";

/** Configuration of the endpoint directory; imports zod and pure helpers only. */

const protocol = z
  .preprocess(
    (value) => (typeof value === "string" ? value.toUpperCase() : value),
    oneOf(["UDP", "TCP"]),
  )
  .describe("`UDP` or `TCP`");

const endpoint = object({
  name: z
    .string({ error: "expected a name of a-z, 0-9 and -" })
    .regex(
      /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
      "expected a name of a-z, 0-9 and -, at most 63",
    )
    .describe("Last part of the endpoint's URL; unique"),
  addresses: z
    .array(ipAddress(), { error: "expected a list of IP addresses" })
    .default([])
    .describe("IPv4 and IPv6 addresses"),
  hostname: text("a host name").optional().describe("DNS name of the endpoint"),
  ports: listOf(
    object({
      name: text("a port name").describe("Name of the port"),
      port: port().describe("Port that clients use"),
      protocol,
    }),
    "port",
  ).describe("Ports that clients use"),
  region: text("a region")
    .optional()
    .describe("Where it runs, for clients that choose by distance"),
  labels: textMap("label to text").optional().describe("Anything else that clients choose by"),
  ttlSeconds: whole(0, 86_400, "seconds")
    .optional()
    .describe("Overrides the directory's ttlSeconds"),
  health: object({
    url: z
      .url({ protocol: /^https?$/, error: "expected an http:// or https:// URL" })
      .describe("Answers 2xx while the endpoint is healthy"),
    intervalSeconds: whole(1, 3600, "seconds").default(10).describe("Seconds between polls"),
    timeoutSeconds: whole(1, 60, "seconds").default(2).describe("Seconds until a poll has failed"),
  })
    .optional()
    .describe("Poll that decides `healthy` (left out: healthy is null)"),
}).refine((value) => value.addresses.length > 0 || value.hostname !== undefined, {
  path: ["addresses"],
  error: "expected at least one address, or a hostname",
});

/** Schema of the directory's configuration. */
export const directoryConfigSchema = object({
  listen: listOf(ipAddress(), "IP address")
    .default(["0.0.0.0", "::"])
    .describe("Addresses to listen on"),
  port: port().default(8080).describe("HTTP port"),
  ttlSeconds: whole(0, 86_400, "seconds")
    .default(30)
    .describe("How long clients may keep an answer (Cache-Control max-age)"),
  allowOrigin: text("an origin or *").default("*").describe("Origin that browsers may call from"),
  endpoints: z
    .array(endpoint, { error: "expected a list of endpoints" })
    .superRefine((endpoints, context) => {
      for (const [index, { name }] of endpoints.entries()) {
        if (endpoints.findIndex((other) => other.name === name) < index) {
          context.addIssue({
            code: "custom",
            path: [index, "name"],
            message: `"${name}" is listed twice; names are unique`,
          });
        }
      }
    })
    .describe("The endpoints, in the order in which they are listed"),
});

export type DirectoryConfig = z.output<typeof directoryConfigSchema>;
export type DirectoryConfigInput = z.input<typeof directoryConfigSchema>;
export type DirectoryEndpoint = DirectoryConfig["endpoints"][number];
