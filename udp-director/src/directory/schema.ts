import { z } from "zod";
import {
  ipAddress,
  ipOrName,
  listOf,
  object,
  oneOf,
  port,
  text,
  textMap,
  whole,
} from "../config/fields.ts";
import { configMistakes } from "../config/mistakes.ts";
import { isNetwork } from "../protection/source.ts";

export { configMistakes };

/** Configuration of the endpoint directory; imports zod and pure helpers only. */

const protocol = z
  .preprocess(
    (value) => (typeof value === "string" ? value.toUpperCase() : value),
    oneOf(["UDP", "TCP"]),
  )
  .describe("`UDP` or `TCP`");

/** Bytes that a probe sends; whatever answers them is healthy. */
const sendHex = () =>
  z
    .string({ error: "expected hex digits" })
    .regex(/^([0-9a-fA-F]{2}){1,512}$/, "expected pairs of hex digits, at most 512 bytes")
    .default(Buffer.from("directory probe").toString("hex"));

/** Ways to ask for health; exactly one is given. */
const WAYS = ["url", "udp", "tcp", "director"] as const;

/** How an endpoint is asked for its health. */
export const healthSchema = object({
  url: z
    .url({ protocol: /^https?$/, error: "expected an http:// or https:// URL" })
    .optional()
    .describe("HTTP: healthy while it answers 2xx"),
  udp: object({
    port: port().describe("UDP port to send to"),
    sendHex: sendHex().describe("Bytes to send (default: the text `directory probe`)"),
  })
    .optional()
    .describe("UDP: healthy while anything comes back from the port"),
  tcp: object({ port: port().describe("TCP port to connect to") })
    .optional()
    .describe("TCP: healthy while the port accepts connections"),
  director: object({
    queryPort: port().default(9000).describe("TCP query port of the director"),
    type: text("a resource type").describe("Resource type to ask for"),
    namespace: text("a namespace").describe("Namespace to ask for"),
    selector: textMap("label to text").optional().describe("Labels to ask for"),
    sendHex: sendHex().describe("Bytes for the backend (default: the text `directory probe`)"),
  })
    .optional()
    .describe("A director end to end: healthy while query, token and backend answer"),
  host: ipOrName()
    .optional()
    .describe(
      "Asked by udp, tcp and director (left out: every address, else hostname; one answer is enough)",
    ),
  intervalSeconds: whole(1, 3600, "seconds").default(10).describe("Seconds between polls"),
  timeoutSeconds: whole(1, 60, "seconds").default(2).describe("Seconds until a poll has failed"),
}).superRefine((given, context) => {
  const ways = WAYS.filter((way) => given[way] !== undefined);
  if (ways.length !== 1) {
    const found = ways.length === 0 ? "none" : ways.join(" and ");
    const message = `${found} given; expected exactly one of: ${WAYS.join(", ")}`;
    context.addIssue({ code: "custom", path: [], message });
  }
});

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
  health: healthSchema
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
  tokenFile: text("a file path")
    .optional()
    .describe("File with a bearer token that requests must carry; read at each request"),
  rateLimit: object({
    perSecond: whole(1, 100_000).default(10).describe("Requests a second of one source"),
    burst: whole(1, 100_000).default(30).describe("Requests of one source at once"),
  })
    .prefault({})
    .describe("What a source (an IPv4 address, an IPv6 /64) may ask; more is answered 429"),
  trustedProxies: z
    .array(z.string().refine(isNetwork, "expected an address or a network"), {
      error: "expected a list of networks",
    })
    .default([])
    .describe("Networks of proxies whose X-Forwarded-For names the source"),
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
export type HealthCheck = NonNullable<DirectoryEndpoint["health"]>;
