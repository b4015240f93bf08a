import { hostPort } from "../net/addresses.ts";
import type { Measurement, PathMtu, Throughput } from "./measure.ts";
import type { Tally } from "./tally.ts";

/** A measurement as lines for people. */
export function measurementText(found: Measurement): string {
  const { host, port, address, latency, throughput, pathMtu } = found;
  const at = address === host ? "" : ` (${address})`;
  return [
    `endpoint    UDP ${hostPort(host, port)}${at}`,
    ...latencyLines(latency),
    ...(throughput === null ? [] : throughputLines(throughput)),
    ...(pathMtu === null ? [] : [mtuLine(pathMtu)]),
    "",
  ].join("\n");
}

const ms = (value: number) => `${value.toFixed(2)} ms`;

const losses = ({ sent, received, lossPercent, duplicates, reordered }: Tally) =>
  `${received} of ${sent} came back (${lossPercent.toFixed(2)} % lost), ${reordered} reordered, ${duplicates} twice`;

function latencyLines(tally: Tally): string[] {
  const { roundTripMs: trip, jitterMs } = tally;
  if (trip === null) return [`packets     ${losses(tally)}`];
  return [
    `packets     ${losses(tally)}`,
    `round trip  min ${ms(trip.min)}, mean ${ms(trip.mean)}, max ${ms(trip.max)}`,
    `            p50 ${ms(trip.p50)}, p90 ${ms(trip.p90)}, p95 ${ms(trip.p95)}, p99 ${ms(trip.p99)}`,
    ...(jitterMs === null ? [] : [`jitter      ${ms(jitterMs)}`]),
  ];
}

function throughputLines({ offeredMbps, deliveredMbps, packets, stopped }: Throughput): string[] {
  const early = stopped === undefined ? "" : `; stopped: ${stopped}`;
  return [
    `throughput  ${deliveredMbps.toFixed(2)} of ${offeredMbps.toFixed(2)} Mbit/s came back${early}`,
    `            ${losses(packets)}`,
  ];
}

const mtuLine = ({ bytes, payloadBytes, why }: PathMtu) =>
  bytes === null
    ? `path MTU    not known: ${why}`
    : `path MTU    ${bytes} bytes, ${payloadBytes} of them payload`;
