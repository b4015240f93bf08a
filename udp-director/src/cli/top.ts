import type { Summary } from "../admin/control-schemas.ts";
import type { DirectorEvent } from "../admin/events/event-schemas.ts";
import {
  backendState,
  eventText,
  milliseconds,
  percent,
  perSecond,
  short,
} from "../admin/page/figures.js";
import { type AdminOptions, adminEvents, adminRequest } from "./admin-client.ts";
import { columns } from "./sessions.ts";

export interface TopOptions extends AdminOptions {
  /** Seconds. */
  readonly interval: number;
  /** Looks before the command ends. Left out: it goes on. */
  readonly count?: number;
}

/** Clears the terminal and goes to its corner. */
const CLEAR = "\x1b[2J\x1b[H";

/** Events below the figures: the last ones, so that a screen of 24 lines still has figures. */
const SHOWN_EVENTS = 8;

/** What two looks at a director show, and its last events in order, in lines. */
export function screen(
  before: Summary,
  after: Summary,
  events: readonly DirectorEvent[] = [],
): string[] {
  const figure = perSecond(before, after);
  const rate = (of: (summary: Summary) => number) => short(figure(of));
  const traffic = (side: "client" | "server", name: string) => [
    name,
    rate(({ totals }) => totals.packetsReceived[side]),
    rate(({ totals }) => totals.bytesReceived[side] * 8),
    rate(({ totals }) => totals.packetsSent[side]),
    rate(({ totals }) => totals.bytesSent[side] * 8),
  ];
  const lines = [
    `up ${after.uptimeSeconds.toFixed(0)} s, ${after.sessions} sessions of ${after.clients} addresses, ${after.tokens} tokens, ${after.bans} bans, ${after.stranded} stranded`,
    "",
    ...columns([
      ["", "IN packets/s", "bit/s", "OUT packets/s", "bit/s"],
      traffic("client", "clients"),
      traffic("server", "backends"),
    ]),
  ];
  const reasons = Object.keys(after.totals.dropped).sort();
  const drops = reasons.map((reason) => [
    reason,
    rate(({ totals }) => totals.dropped[reason] ?? 0),
    String(after.totals.dropped[reason] ?? 0),
  ]);
  if (drops.length > 0) lines.push("", ...columns([["DROPPED", "packets/s", "in all"], ...drops]));
  const backends = after.backends.map(({ resource, state, sessions }) => [
    resource,
    backendState(state, sessions),
    String(sessions),
  ]);
  lines.push("", ...columns([["BACKEND", "STATE", "SESSIONS"], ...backends]));
  const { watched, worst } = after.quality;
  if (watched > 0) {
    const rows = worst.map((one) => [
      `${one.session} ${one.client}`,
      ...[percent(one.lossRatio), milliseconds(one.jitterMs), milliseconds(one.roundTripMs)],
    ]);
    const head = [`WORST OF ${watched} WATCHED`, "LOSS", "JITTER", "ROUND TRIP"];
    lines.push("", ...columns([head, ...rows]));
  }
  if (events.length === 0) return lines;
  const happened = events.map((event) => [event.at.slice(11, 19), event.kind, eventText(event)]);
  return [...lines, "", ...columns([["UTC", "EVENT", ""], ...happened])];
}

const look = async (options: TopOptions) =>
  (await adminRequest(options, "GET", "/v1/summary")) as Summary;

/** `udp-director top`: a screen at each look; on a terminal each replaces the last one. */
export async function topCommand(options: TopOptions): Promise<void> {
  const { count = Number.POSITIVE_INFINITY, interval } = options;
  let before = await look(options);
  let events: DirectorEvent[] = [];
  const end = adminEvents(options, SHOWN_EVENTS, (heard) => {
    events = [...events, ...heard].slice(-SHOWN_EVENTS);
  });
  for (let looks = 0; looks < count; looks++) {
    await new Promise((resolve) => setTimeout(resolve, interval * 1000));
    const after = await look(options);
    const height = process.stdout.rows ?? Number.POSITIVE_INFINITY;
    const lines = screen(before, after, events).slice(0, Math.max(1, height - 1));
    process.stdout.write(`${process.stdout.isTTY ? CLEAR : ""}${lines.join("\n")}\n`);
    before = after;
  }
  end();
}
