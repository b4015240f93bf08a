import { z } from "zod";
import { hostPort } from "../net/addresses.ts";
import type { StreamView } from "../tap/quality.ts";
import type { QualityWatch, Watched } from "../tap/quality-watch.ts";

const share = z.number().min(0).max(1).nullable();

export const qualityShape = z
  .strictObject({
    watchedSeconds: z.number(),
    streams: z.array(
      z.strictObject({
        from: z.enum(["client", "server"]).describe("Who sends it"),
        dataPort: z.string(),
        kind: z.enum(["rtp", "datagrams"]),
        packets: z.int(),
        bytes: z.int(),
        jitterMs: z.number().nullable().describe("RTP: RFC 3550; else the mean change of gaps"),
        expected: z.int().nullable().describe("RTP packets sent, by their numbers"),
        lost: z.int().nullable(),
        duplicates: z.int().nullable(),
        reordered: z.int().nullable(),
        lossRatio: share.describe("Of all expected packets"),
        recentLossRatio: share.describe("Of those of the last ten seconds"),
      }),
    ),
    roundTrip: z
      .strictObject({ smoothedMs: z.number(), minMs: z.number(), samples: z.int() })
      .nullable()
      .describe("From a question to the backend's answer; null where it cannot be told"),
  })
  .meta({ title: "Quality" });
export type QualityView = z.output<typeof qualityShape>;

export const qualitySummaryShape = z.strictObject({
  watched: z.int().describe("Sessions that are watched"),
  worst: z
    .array(
      z.strictObject({
        session: z.int(),
        client: z.string(),
        resource: z.string(),
        lossRatio: share.describe("Of the last ten seconds, the worse direction"),
        jitterMs: z.number().nullable().describe("The worse direction"),
        roundTripMs: z.number().nullable(),
      }),
    )
    .describe("Those with the most loss, then jitter, at most ten"),
});

const rounded = (value: number | undefined) =>
  value === undefined ? null : Math.round(value * 1000) / 1000;
const exact = (value: number | undefined) => value ?? null;

/** What is known of a watched session. */
export function qualityView(now: number, { quality, since }: Watched): QualityView {
  const { streams, roundTrip } = quality.figures();
  return {
    watchedSeconds: rounded(Math.max(0, now - since) / 1000) ?? 0,
    streams: streams.map((stream) => ({
      from: stream.from,
      dataPort: stream.dataPort,
      kind: stream.kind,
      packets: stream.packets,
      bytes: stream.bytes,
      jitterMs: rounded(stream.jitterMs),
      expected: exact(stream.expected),
      lost: exact(stream.lost),
      duplicates: exact(stream.duplicates),
      reordered: exact(stream.reordered),
      lossRatio: exact(stream.lossRatio),
      recentLossRatio: exact(stream.recentLossRatio),
    })),
    roundTrip: roundTrip
      ? {
          smoothedMs: rounded(roundTrip.smoothedMs) ?? 0,
          minMs: rounded(roundTrip.minMs) ?? 0,
          samples: roundTrip.samples,
        }
      : null,
  };
}

const highest = (streams: readonly StreamView[], of: (one: StreamView) => number | undefined) => {
  const known = streams.flatMap((stream) => of(stream) ?? []);
  return known.length === 0 ? undefined : Math.max(...known);
};

/** The watched sessions, the worst ones by name. */
export function qualitySummary(watch: QualityWatch): z.output<typeof qualitySummaryShape> {
  const worst = [...watch.all()].map(({ session, quality }) => {
    const { streams, roundTrip } = quality.figures();
    return {
      session: session.id,
      client: hostPort(session.clientAddress, session.clientPort),
      resource: session.target.resource,
      lossRatio: exact(highest(streams, (one) => one.recentLossRatio ?? one.lossRatio)),
      jitterMs: rounded(highest(streams, ({ jitterMs }) => jitterMs)),
      roundTripMs: rounded(roundTrip?.smoothedMs),
    };
  });
  worst.sort(
    (a, b) => (b.lossRatio ?? -1) - (a.lossRatio ?? -1) || (b.jitterMs ?? -1) - (a.jitterMs ?? -1),
  );
  return { watched: watch.size, worst: worst.slice(0, 10) };
}
