import { z } from "zod";

/** Shapes of what `GET /v1/events` tells of. */

const at = z.string().describe("When it happened, ISO 8601");

const ofSession = {
  at,
  session: z.int().describe("The session's id"),
  client: z.string().describe("address:port, or [address]:port"),
  backend: z.string().describe("type/namespace/name"),
};
const ofBackend = { at, backend: z.string().describe("type/namespace/name") };
const source = z.string().describe("IPv4 address, or IPv6 network");

export const eventShape = z
  .discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("session_opened"),
      ...ofSession,
      origin: z.enum(["token", "default", "range"]).describe("How it came to be"),
    }),
    z.strictObject({
      kind: z.literal("session_moved"),
      ...ofSession,
      cause: z.string().describe("As in udp_director_session_resets_total"),
      moves: z.int().describe("How often it has moved by now"),
    }),
    z.strictObject({
      kind: z.literal("session_resumed"),
      ...ofSession,
      previous: z.string().describe("The client's socket before"),
    }),
    z.strictObject({
      kind: z.literal("session_ended"),
      ...ofSession,
      reason: z.string().describe("idle, operator, shutdown"),
      seconds: z.number().describe("How long it lived"),
    }),
    z.strictObject({
      kind: z.literal("source_banned"),
      at,
      source,
      seconds: z.number().describe("Length of the ban"),
    }),
    z.strictObject({ kind: z.literal("ban_lifted"), at, source }),
    z.strictObject({ kind: z.literal("backend_added"), ...ofBackend }),
    z.strictObject({
      kind: z.literal("backend_draining"),
      ...ofBackend,
      reason: z.string().describe("marked, terminating, not_ready"),
    }),
    z.strictObject({ kind: z.literal("backend_removed"), ...ofBackend }),
    z.strictObject({
      kind: z.literal("capture_started"),
      ...ofSession,
      by: z.string().describe("Address that asked for it"),
    }),
    z.strictObject({
      kind: z.literal("capture_ended"),
      ...ofSession,
      reason: z.string().describe("time, packets, bytes, session ended, reader left"),
      packets: z.int().describe("Datagrams recorded"),
    }),
    z.strictObject({ kind: z.literal("store_lost"), at }),
    z.strictObject({ kind: z.literal("store_back"), at }),
    z.strictObject({
      kind: z.literal("events_missed"),
      at,
      count: z
        .int()
        .nullable()
        .describe("Events since Last-Event-ID that are kept no more; null: of an earlier run"),
    }),
  ])
  .meta({ title: "Event" });
export type DirectorEvent = z.output<typeof eventShape>;

/** An event without its time. */
export type Happening = DirectorEvent extends infer E
  ? E extends DirectorEvent
    ? Omit<E, "at">
    : never
  : never;

export const eventsQueryShape = z.strictObject({
  recent: z
    .int()
    .min(0)
    .max(1000)
    .default(0)
    .describe("So many of the last events first, for a reader without Last-Event-ID"),
});
