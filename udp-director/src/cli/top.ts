import type { Summary } from "../admin/control-schemas.ts";
import { type AdminOptions, adminRequest } from "./admin-client.ts";
import { columns } from "./sessions.ts";

export interface TopOptions extends AdminOptions {
  /** Seconds. */
  readonly interval: number;
  /** Looks before the command ends. Left out: it goes on. */
  readonly count?: number;
}

/** Clears the terminal and goes to its corner. */
const CLEAR = "\x1b[2J\x1b[H";

/** `1234567` as `1.23M`; three digits are enough for a rate. */
export function short(value: number): string {
  for (const [unit, size] of [
    ["G", 1e9],
    ["M", 1e6],
    ["k", 1e3],
  ] as const) {
    if (value >= size) return `${(value / size).toPrecision(3)}${unit}`;
  }
  return value < 10 && value > 0 ? value.toFixed(1) : value.toFixed(0);
}

/** What two looks at a director show, in lines. */
export function screen(before: Summary, after: Summary): string[] {
  const seconds = Math.max(0.001, after.uptimeSeconds - before.uptimeSeconds);
  const rate = (of: (summary: Summary) => number) =>
    short(Math.max(0, of(after) - of(before)) / seconds);
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
    state,
    String(sessions),
  ]);
  return [...lines, "", ...columns([["BACKEND", "STATE", "SESSIONS"], ...backends])];
}

const look = async (options: TopOptions) =>
  (await adminRequest(options, "GET", "/v1/summary")) as Summary;

/** `udp-director top`: a screen at each look; on a terminal each replaces the last one. */
export async function topCommand(options: TopOptions): Promise<void> {
  const { count = Number.POSITIVE_INFINITY, interval } = options;
  let before = await look(options);
  for (let looks = 0; looks < count; looks++) {
    await new Promise((resolve) => setTimeout(resolve, interval * 1000));
    const after = await look(options);
    const height = process.stdout.rows ?? Number.POSITIVE_INFINITY;
    const lines = screen(before, after).slice(0, Math.max(1, height - 1));
    process.stdout.write(`${process.stdout.isTTY ? CLEAR : ""}${lines.join("\n")}\n`);
    before = after;
  }
}
