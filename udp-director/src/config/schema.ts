import { z } from "zod";
import { parsePath } from "../selection/path.ts";
import { RANGE_KEYS } from "../selection/range.ts";
import {
  adminSchema,
  qualitySchema,
  rehomeSchema,
  sessionLogSchema,
  tracingSchema,
} from "./admin.ts";
import { crossChecks } from "./cross-checks.ts";
import { expression } from "./expression-field.ts";
import { ipAddress, listOf, object, oneOf, port, text, textMap, whole } from "./fields.ts";
import { kernelSchema } from "./kernel.ts";
import { loadBalancingSchema, readLoadBalancing } from "./load-balancing.ts";
import { nativeSchema } from "./native.ts";
import { path } from "./path-field.ts";
import { portRangesSchema } from "./port-ranges.ts";
import { protectionSchema } from "./protection.ts";
import { queryTlsSchema, queryTokensFileSchema } from "./query-security.ts";
import { discoverySchema } from "./resources.ts";
import { shutdownSchema } from "./shutdown.ts";
import { storeSchema } from "./store.ts";
import { tcpSchema } from "./tcp.ts";
import { tokensSchema } from "./tokens.ts";

/**
 * The director's configuration: published YAML keys (spec/001) plus listen addresses,
 * discovery and limits. Imports zod and pure checks only, so that a deployment tool can
 * validate a configuration without loading the director.
 */

const scalar = z.union([z.string(), z.number(), z.boolean()], {
  error: "expected text, a number or true/false",
});

type Scalar = z.output<typeof scalar>;

const bound = () => z.number({ error: "expected a number" }).optional();

/** What a status query expects, in the one or more ways in which it says so. */
const expectations = (query: {
  readonly expectedValue?: Scalar | undefined;
  readonly expectedValues?: Scalar[] | undefined;
  readonly in?: Scalar[] | undefined;
}) => [query.expectedValue, query.expectedValues, query.in].filter((given) => given !== undefined);

const statusQuery = object({
  jsonPath: path("status.state").describe("JSONPath into the resource; `$.` may be left out"),
  expectedValue: scalar.optional().describe("The one value that matches, compared as text"),
  expectedValues: listOf(scalar, "value")
    .optional()
    .describe("Values of which any matches, compared as text"),
  in: listOf(scalar, "value").optional().describe("Other spelling of expectedValues"),
  above: bound().describe("The value is a number above this"),
  atLeast: bound().describe("The value is a number of at least this"),
  below: bound().describe("The value is a number below this"),
  atMost: bound().describe("The value is a number of at most this"),
})
  .refine(
    (q) =>
      expectations(q).length === 1 ||
      (expectations(q).length === 0 && RANGE_KEYS.some((key) => q[key] !== undefined)),
    { error: "expected exactly one of expectedValue, expectedValues and in" },
  )
  .transform(({ jsonPath, expectedValue, expectedValues, in: anyOf, ...range }) => ({
    path: parsePath(jsonPath) ?? [],
    expectedValues: expectations({ expectedValue, expectedValues, in: anyOf }).flat().map(String),
    ...(RANGE_KEYS.some((key) => range[key] !== undefined) ? { range } : {}),
  }));

const defaultEndpoint = object({
  resourceType: text("a key of resourceQueryMapping").describe("A key of resourceQueryMapping"),
  namespace: text("a namespace").describe("Namespace of the backends"),
  labelSelector: textMap("label to text").optional().describe("Labels that must all be equal"),
  annotationSelector: textMap("annotation to text")
    .optional()
    .describe("Annotations that must all be equal"),
  statusQuery: statusQuery.optional().describe("A condition on the resource's status"),
  expression: expression("match")
    .optional()
    .describe("A condition in CEL on the whole resource, beside the others"),
});

const mapping = object({
  group: z
    .string({ error: 'expected an API group ("" for core)' })
    .describe("API group, empty for core; not read by static and file discovery"),
  version: text("an API version").describe("API version; not read by static and file discovery"),
  resource: text("a plural resource name").describe(
    "Plural resource name; not read by static and file discovery",
  ),
  addressPath: path("status.podIP").optional().describe("Path of the backend's address"),
  addressType: text("an address type")
    .optional()
    .describe(
      "addressPath is then a list of {type, address}; this type is taken. With endpoints: `IPv4` or `IPv6`",
    ),
  portName: text("a port name")
    .optional()
    .describe("Single port: name in the resource's port list"),
  portPath: path("status.ports[0].port").optional().describe("Single port: path of the number"),
  ports: listOf(
    object({
      name: text("the name of a data port").describe("Name of the director's data port"),
      portName: text("a port name").optional().describe("Name in the resource's port list"),
      portPath: path("status.ports[0].port").optional().describe("Path of the number"),
    }),
    "port",
  )
    .optional()
    .describe("Several ports under one session, joined to dataPorts by name"),
  serviceSelectorLabel: text("a label")
    .optional()
    .describe("Service mode, without addressPath: this label of a Service names the resource"),
  serviceTargetPortName: text("a port name")
    .optional()
    .describe("Service mode: name of the Service's port; its cluster IP is the address"),
  proxyProtocol: oneOf(["off", "v2"])
    .optional()
    .describe("`v2`: backends are told their clients by PROXY protocol (left out: `off`)"),
  proxyProtocolUdp: oneOf(["every", "first"])
    .optional()
    .describe("Which datagrams of a session carry it: `every` (left out) or the `first` a port"),
  serviceEndpoints: oneOf(["clusterIP", "endpoints"])
    .optional()
    .describe(
      "Service mode: the Service's `clusterIP` (left out), or its `endpoints` as backends of their own",
    ),
});

const dataPort = object({
  port: port().describe("Port of the director"),
  protocol: oneOf(["udp", "tcp"]).describe("`udp` or `tcp`"),
  name: text("a name").describe("Joined to resourceQueryMapping.*.ports[].name"),
});

const limits = object({
  maxSessions: whole(1, 5_000_000)
    .default(100_000)
    .describe("Live sessions; at the limit new clients are dropped and counted"),
  maxTokens: whole(1, 5_000_000)
    .default(100_000)
    .describe("Unexpired tokens; at the limit queries get an error"),
  maxQueuedPackets: whole(1, 65_536)
    .default(64)
    .describe("Packets held per session and port while its backend socket opens"),
  maxTcpConnections: whole(1, 1_000_000)
    .default(10_000)
    .describe("Open connections to TCP data ports; further ones are reset"),
  maxTcpConnectionsPerSession: whole(1, 65_536)
    .default(64)
    .describe("Open connections of one session; further ones are reset"),
  maxQueryConnections: whole(1, 65_536)
    .default(256)
    .describe("Open query connections; further ones are closed at once"),
  queryTimeoutSeconds: whole(1, 3600, "seconds")
    .default(5)
    .describe("Seconds a query connection may take in all"),
});

const MAGIC = "expected an even number of hex digits, 1..64 bytes, such as FFFFFFFF5245534554";

/** Every key of the file, before the two spellings are joined. */
const rawDirectorConfigSchema = object({
  listen: listOf(ipAddress(), "IP address")
    .default(["0.0.0.0", "::"])
    .describe("Addresses of query and data sockets; `::` is skipped on a host without IPv6"),
  queryPort: port().default(9000).describe("TCP port of queries"),
  dataPort: port().optional().describe("UDP data port when there is one (left out: 7777)"),
  dataPorts: listOf(dataPort, "data port")
    .optional()
    .describe("Several data ports; wins over dataPort"),
  metricsPort: port().default(9090).describe("HTTP port of metrics and health"),
  metricsListen: listOf(ipAddress(), "IP address")
    .optional()
    .describe("Addresses of the metrics port (left out: those of `listen`)"),
  tokenTtlSeconds: whole(1, 86_400, "seconds")
    .optional()
    .describe("Life of a token (left out: 30)"),
  tokenTTLSeconds: whole(1, 86_400, "seconds")
    .optional()
    .describe("Other spelling of tokenTtlSeconds"),
  sessionTimeoutSeconds: whole(1, 604_800, "seconds")
    .default(300)
    .describe("Seconds without a packet in either direction after which a session ends"),
  controlPacketMagicBytes: z
    .string({ error: MAGIC })
    .regex(/^(?:[0-9a-fA-F]{2}){1,64}$/, MAGIC)
    .default("FFFFFFFF5245534554")
    .describe("First bytes of a control packet, in hex"),
  defaultEndpoint: defaultEndpoint
    .optional()
    .describe("Where clients without a token go (left out: their packets are dropped)"),
  resourceQueryMapping: z
    .record(z.string().min(1), mapping, { error: "expected a map of resource type to mapping" })
    .refine((types) => Object.keys(types).length > 0, "expected at least one resource type")
    .describe("How to read address and ports from a resource of each type"),
  loadBalancing: loadBalancingSchema
    .optional()
    .describe("Which of several matching resources is taken"),
  discovery: discoverySchema.describe("Where backends come from"),
  tokens: tokensSchema.prefault({}).describe("What tokens are and who may use them"),
  shutdown: shutdownSchema.prefault({}).describe("What happens between SIGTERM and the end"),
  store: storeSchema.prefault({}).describe("Where sessions and tokens are kept"),
  portRanges: portRangesSchema,
  tcp: tcpSchema.prefault({}).describe("Data ports with protocol `tcp`"),
  limits: limits.prefault({}).describe("Bounds"),
  protection: protectionSchema.prefault({}).describe("Bounds by source"),
  admin: adminSchema.optional().describe("The admin API (left out: there is none)"),
  kernel: kernelSchema.prefault({}).describe("Forwarding inside the kernel"),
  native: nativeSchema.prefault({}).describe("Forwarding by native threads, without JavaScript"),
  rehome: rehomeSchema.prefault({}).describe("Sessions whose backend goes away"),
  queryTls: queryTlsSchema.optional().describe("TLS on the query port (left out: plain text)"),
  queryTokensFile: queryTokensFileSchema
    .optional()
    .describe("File with a token a line, one of which every query must carry as `bearer`"),
  quality: qualitySchema.prefault({}).describe("Estimates of sessions' loss, jitter, round trip"),
  tracing: tracingSchema.prefault({}).describe("OpenTelemetry traces"),
  sessionLog: sessionLogSchema.prefault({}).describe("Log lines of sessions"),
  ackPackets: z
    .boolean({ error: "expected true or false" })
    .default(false)
    .describe("Answer accepted tokens and control packets with a packet"),
});

/** One data port of the director. */
export interface DataPortConfig {
  readonly port: number;
  readonly protocol: "udp" | "tcp";
  readonly name: string;
}

function normalise(raw: z.output<typeof rawDirectorConfigSchema>) {
  const { dataPort: single, tokenTTLSeconds, loadBalancing: balancing, ...rest } = raw;
  const dataPorts: readonly DataPortConfig[] = raw.dataPorts ?? [
    { port: single ?? 7777, protocol: "udp", name: "default" },
  ];
  return {
    ...rest,
    dataPorts,
    metricsListen: raw.metricsListen ?? raw.listen,
    tokenTtlSeconds: raw.tokenTtlSeconds ?? tokenTTLSeconds ?? 30,
    loadBalancing: readLoadBalancing(balancing),
  };
}

/**
 * Schema of the director's configuration object. `parse` throws a ZodError and `safeParse`
 * returns one; `configMistakes(error)` turns it into lines a person can act on.
 * Output: both spellings joined, defaults filled in.
 */
export const directorConfigSchema = rawDirectorConfigSchema.check(crossChecks).transform(normalise);

/** What a configuration file may hold. */
export type DirectorConfigInput = z.input<typeof directorConfigSchema>;

/** A validated configuration, defaults filled in. */
export type DirectorConfig = z.output<typeof directorConfigSchema>;

/** How to read address and ports from one resource type. */
export type ResourceMapping = DirectorConfig["resourceQueryMapping"][string];

export { configMistakes } from "./mistakes.ts";
export { MAX_RANGE_PORTS, rangeName } from "./port-ranges.ts";
