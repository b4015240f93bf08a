import { randomBytes } from "node:crypto";
import type { Socket } from "node:dgram";
import { setTimeout as wait } from "node:timers/promises";
import { DirectorConnection } from "../client/connection.ts";
import { dontFragment } from "./dont-fragment.ts";
import { HEADER_BYTES, searchMtu } from "./mtu-search.ts";
import { MIN_PROBE_BYTES, probePacket, probeSequence } from "./probe-packet.ts";
import { PacketTally, rounded, type Tally } from "./tally.ts";

/** Where to measure to: an echo, or a director's data port with a token whose backend echoes. */
export interface MeasureTarget {
  readonly host: string;
  /** Asked for each session that is opened: its UDP port, and a token, which an echo takes none of. */
  readonly session: () => Promise<{ readonly port: number; readonly token?: string }>;
  readonly magicHex?: string;
}

/** What is measured, and for how long. */
export interface MeasurePlan {
  /** Packets of the latency run. */
  readonly count: number;
  /** Milliseconds between two of them. */
  readonly intervalMs: number;
  /** Payload of each, in bytes. */
  readonly bytes: number;
  /** Milliseconds that replies are waited for. */
  readonly timeoutMs: number;
  /** Megabits a second of payload that the throughput run offers; 0: no such run. */
  readonly megabits: number;
  /** Seconds that it does. */
  readonly seconds: number;
  /** Largest IP packet of the path MTU search, in bytes; 0: no search. */
  readonly mtuMax: number;
}

export interface Throughput {
  /** Megabits a second of payload that left. */
  readonly offeredMbps: number;
  /** And that came back. */
  readonly deliveredMbps: number;
  readonly packets: Tally;
  /** Set when it ended early: nothing came back for a second. */
  readonly stopped?: string;
}

export interface PathMtu {
  /** Largest IP packet that came back unfragmented, in bytes; null where it is not known. */
  readonly bytes: number | null;
  /** Payload that fits into it. */
  readonly payloadBytes: number | null;
  /** Why it is not known. */
  readonly why?: string;
}

/** What was measured; null is what was not asked for, or had no sense without an answer. */
export interface Measurement {
  readonly host: string;
  readonly port: number;
  readonly address: string;
  readonly latency: Tally;
  readonly throughput: Throughput | null;
  readonly pathMtu: PathMtu | null;
}

/** Payload of the throughput run's packets: below every common path MTU. Bytes. */
const LOAD_BYTES = 1200;
/** Time between two bursts of the throughput run. Milliseconds. */
const TICK_MS = 5;
/** Nobody answers: no more load. Milliseconds. */
const SILENCE_MS = 1000;
/** Times that a size is asked for before it counts as too large. */
const MTU_TRIES = 3;
/** Smallest IP packet of the search, which every path takes. Bytes. */
const MTU_MIN = { 4: 68, 6: 1280 } as const;

/** A session to measure over, and who hears its replies. */
interface Line {
  readonly connection: DirectorConnection;
  readonly run: Uint8Array;
  readonly hears: { reply: (sequence: number) => void; error: (error: Error) => void };
}

async function open(
  { host, session, magicHex }: MeasureTarget,
  onSocket?: (socket: Socket) => Promise<void>,
): Promise<Line> {
  const run = randomBytes(8);
  const hears: Line["hears"] = { reply: () => undefined, error: () => undefined };
  const { port, token } = await session();
  const connection = await DirectorConnection.open({
    ...{ host, dataPort: port },
    ...(token === undefined ? {} : { token }),
    ...(magicHex === undefined ? {} : { magicHex }),
    ...(onSocket === undefined ? {} : { onSocket }),
    onPacket: (payload) => {
      const sequence = probeSequence(run, payload);
      if (sequence !== undefined) hears.reply(sequence);
    },
    onError: (error) => hears.error(error),
  });
  return { connection, run, hears };
}

/** Waits until `done` holds, at most so long. */
async function until(done: () => boolean, timeoutMs: number): Promise<void> {
  for (const end = performance.now() + timeoutMs; !done() && performance.now() < end; ) {
    await wait(Math.min(10, timeoutMs));
  }
}

async function latency(line: Line, plan: MeasurePlan): Promise<Tally> {
  const tally = new PacketTally();
  line.hears.reply = (sequence) => tally.came(sequence, performance.now());
  const start = performance.now();
  for (let n = 0; n < plan.count; n++) {
    const due = start + n * plan.intervalMs - performance.now();
    if (due > 0) await wait(due);
    const sequence = tally.sent(performance.now());
    line.connection.send(probePacket(line.run, sequence, plan.bytes));
  }
  await until(() => tally.complete, plan.timeoutMs);
  return tally.result();
}

async function throughput(line: Line, plan: MeasurePlan): Promise<Throughput> {
  const tally = new PacketTally();
  let heardAt = performance.now();
  line.hears.reply = (sequence) => {
    heardAt = performance.now();
    tally.came(sequence, heardAt);
  };
  const start = performance.now();
  const packetsPerMs = (plan.megabits * 1000) / (LOAD_BYTES * 8);
  let stopped: string | undefined;
  let sent = 0;
  let now = start;
  for (; now - start < plan.seconds * 1000; now = performance.now()) {
    if (now - heardAt > SILENCE_MS) {
      stopped = `nothing came back for ${SILENCE_MS} ms`;
      break;
    }
    // What is due now; a late tick makes up for itself, up to ten ticks.
    const due = Math.min((now - start) * packetsPerMs - sent, packetsPerMs * TICK_MS * 10);
    for (let n = 0; n < due; n++, sent++) {
      line.connection.send(probePacket(line.run, tally.sent(now), LOAD_BYTES));
    }
    await wait(TICK_MS);
  }
  const offeredFor = now - start;
  await until(() => tally.complete, plan.timeoutMs);
  const packets = tally.result();
  const mbps = (count: number) => rounded((count * LOAD_BYTES * 8) / offeredFor / 1000);
  return {
    offeredMbps: mbps(packets.sent),
    deliveredMbps: mbps(packets.received),
    packets,
    ...(stopped === undefined ? {} : { stopped }),
  };
}

/** Asks for a size until it comes back, or three times; `waitMs` for each. */
function sizes({ connection, run, hears }: Line, headers: number, waitMs: number) {
  let sequence = 0;
  return async (bytes: number): Promise<boolean> => {
    const first = sequence;
    let [came, tooLarge] = [false, false];
    hears.reply = (heard) => {
      came ||= heard >= first;
    };
    // Larger than the first link takes: there is nothing to wait for.
    hears.error = (error) => {
      tooLarge ||= (error as NodeJS.ErrnoException).code === "EMSGSIZE";
    };
    for (let attempt = 0; attempt < MTU_TRIES && !came && !tooLarge; attempt++, sequence++) {
      connection.send(probePacket(run, sequence, bytes - headers));
      await until(() => came || tooLarge, waitMs);
    }
    return came;
  };
}

async function pathMtu(target: MeasureTarget, max: number, waitMs: number): Promise<PathMtu> {
  let why: string | undefined;
  let family: 4 | 6 = 4;
  const line = await open(target, async (socket) => {
    family = socket.remoteAddress().family === "IPv6" ? 6 : 4;
    why = await dontFragment(socket, family);
  });
  try {
    if (why !== undefined) return { bytes: null, payloadBytes: null, why };
    const headers = HEADER_BYTES[family];
    const min = Math.max(MTU_MIN[family], headers + MIN_PROBE_BYTES);
    const bytes = await searchMtu({ min, max: Math.max(min, max) }, sizes(line, headers, waitMs));
    return bytes === null
      ? { bytes, payloadBytes: null, why: `no packet of ${min} bytes came back` }
      : { bytes, payloadBytes: bytes - headers };
  } finally {
    line.connection.close();
  }
}

/**
 * Measures the path to an echo and back. Load is bounded by the plan, and none is offered where
 * nothing answers. Rejects with DirectorUnreachable when there is no way to send.
 */
export async function measure(target: MeasureTarget, plan: MeasurePlan): Promise<Measurement> {
  const line = await open(target);
  try {
    const { address, port } = line.connection.remote;
    const found = await latency(line, plan);
    const trip = found.roundTripMs;
    // A late reply is told from a lost one by what replies took so far.
    const waitMs = Math.min(plan.timeoutMs, Math.max(50, 4 * (trip?.max ?? 0)));
    return {
      ...{ host: target.host, port, address },
      latency: found,
      throughput: trip !== null && plan.megabits > 0 ? await throughput(line, plan) : null,
      pathMtu: trip !== null && plan.mtuMax > 0 ? await pathMtu(target, plan.mtuMax, waitMs) : null,
    };
  } finally {
    line.connection.close();
  }
}
