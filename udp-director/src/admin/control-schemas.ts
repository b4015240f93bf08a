import { z } from "zod";
import { qualityShape, qualitySummaryShape } from "./quality-view.ts";

/** Shapes of the admin API. Requests are validated by them, and /openapi.json is made of them. */

const labels = z.record(z.string(), z.string());

export const sessionShape = z
  .strictObject({
    id: z.int().min(1).describe("Counts up from 1; as in the log"),
    clientAddress: z.string(),
    clientPort: z.int(),
    transport: z
      .enum(["udp", "tcp"])
      .describe("tcp: opened by a connection of this port; no UDP socket is known yet"),
    origin: z.enum(["token", "default", "range"]).describe("How it came to be"),
    rangePort: z.int().nullable().describe("Port of a port range that its client came to"),
    resource: z.string().describe("type/namespace/name of its backend"),
    backendAddress: z.string(),
    backendPorts: z.record(z.string(), z.int()).describe("Backend's port by data port name"),
    sourcePorts: z
      .record(z.string(), z.int())
      .describe("UDP port from which the backend gets its packets, by data port name"),
    connections: z
      .array(
        z.strictObject({
          dataPort: z.string(),
          clientAddress: z.string(),
          clientPort: z.int(),
          sourcePort: z
            .int()
            .nullable()
            .describe("Port that the backend sees; null until it has accepted"),
        }),
      )
      .describe("Open TCP connections"),
    backendState: z.enum(["present", "gone", "drain"]).describe("What discovery says of it"),
    moves: z.int().describe("How often it was moved to another backend"),
    ageSeconds: z.number(),
    idleSeconds: z.number(),
    quality: qualityShape.nullable().describe("null: it is not watched"),
    proven: z.boolean().describe("The client is known to receive what is sent to it"),
  })
  .meta({ title: "Session" });
export type SessionView = z.output<typeof sessionShape>;

export const sessionPageShape = z.strictObject({
  sessions: z.array(sessionShape).describe("In order of their ids"),
  next: z.int().nullable().describe("`after` of the next page; null on the last one"),
});

export const listQueryShape = z.strictObject({
  search: z
    .string()
    .max(256)
    .optional()
    .describe("Text that is part of the client's address:port or of the backend's name"),
  client: z.string().optional().describe("Client address, or address:port ([address]:port)"),
  resource: z.string().optional().describe("type/namespace/name of the backend"),
  label: z.string().optional().describe("key=value[,key=value...] of the backend"),
  sourcePort: z
    .int()
    .min(1)
    .max(65535)
    .optional()
    .describe("Port from which the backend gets the session's packets: who is my client?"),
  after: z.int().min(0).default(0).describe("Only sessions with a larger id"),
  limit: z.int().min(1).max(1000).default(100).describe("Sessions in a page"),
});

export const captureQueryShape = z.strictObject({
  seconds: z.int().min(1).max(3600).default(30).describe("Longest time"),
  packets: z.int().min(1).max(1_000_000).default(10_000).describe("Most datagrams"),
  snaplen: z.int().min(64).max(65_535).default(65_535).describe("Bytes kept of each IP packet"),
});

export const idShape = z.strictObject({ id: z.int().min(1).describe("A session's id") });

const from = z.strictObject({
  resource: z.string().optional().describe("type/namespace/name"),
  labelSelector: labels.optional().describe("Labels that the backend of a session has"),
});

const to = z.strictObject({
  resource: z.string().optional().describe("type/namespace/name"),
  labelSelector: labels
    .optional()
    .describe("A backend of the session's type and namespace with these labels"),
  any: z
    .literal(true)
    .optional()
    .describe("Another backend that the session's own query gives, none of `from`"),
});
export type MoveTo = z.output<typeof to>;

export const moveOneShape = z.strictObject({ to });
export const moveManyShape = z.strictObject({ from, to });

export const movedShape = z.strictObject({
  matched: z.int().describe("Sessions that were meant"),
  moved: z.int().describe("Sessions that have another backend now"),
  stayed: z.int().describe("Sessions that have the same backend as before"),
  reasons: z.array(z.string()).describe("Why sessions stayed, each reason once"),
});

const sides = z.strictObject({ client: z.number(), server: z.number() });

export const summaryShape = z.strictObject({
  uptimeSeconds: z.number(),
  sessions: z.int(),
  clients: z.int().describe("Client addresses with a live session"),
  tokens: z.int(),
  bans: z.int(),
  stranded: z.int().describe("Sessions whose backend is gone or drains, with no other for them"),
  quality: qualitySummaryShape,
  totals: z
    .strictObject({
      packetsReceived: sides,
      packetsSent: sides,
      bytesReceived: sides,
      bytesSent: sides,
      dropped: z.record(z.string(), z.number()).describe("By reason"),
    })
    .describe("Sums since the start"),
  backends: z
    .array(
      z.strictObject({
        resource: z.string(),
        state: z.enum(["present", "gone", "drain"]),
        sessions: z.int(),
      }),
    )
    .describe("Backends that have sessions or may get some, the busiest first, at most 100"),
});
export type Summary = z.output<typeof summaryShape>;

export const portsShape = z.strictObject({
  ports: z.array(
    z.strictObject({
      port: z.int(),
      range: z.string(),
      resource: z.string().describe("type/namespace/name of the backend it leads to"),
      backendAddress: z.string(),
      used: z.boolean().describe("It has sessions"),
      leaseEndsInSeconds: z.number().describe("A port that is used then gets another lease"),
    }),
  ),
});
export const portShape = z.strictObject({ port: z.int().min(1).max(65535) });
export const releasedShape = z.strictObject({ port: z.int(), released: z.literal(true) });

export const closedShape = z.strictObject({ id: z.int(), closed: z.literal(true) });

export const banShape = z.strictObject({
  source: z.string().describe("IPv4 address, or IPv6 network"),
  sinceSeconds: z.number().describe("Seconds ago"),
  endsInSeconds: z.number(),
});
export const bansShape = z.strictObject({ bans: z.array(banShape) });
export const liftedShape = z.strictObject({ address: z.string(), lifted: z.literal(true) });
export const addressShape = z.strictObject({ address: z.string() });

export const errorShape = z.strictObject({ error: z.string().describe("What is wrong") });
