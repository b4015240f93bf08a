import { ECHO_PORTS } from "./director-paths.ts";
import type { Path, Running } from "./path.ts";
import type { BenchLab, Load, Loaded, Site } from "./site.ts";

/** One way of loading every path; its name is the column of the table. */
export interface Case extends Load {
  readonly name: string;
}

/** Packets in flight where throughput is measured; one where the round trip is. */
const WINDOW = 256;

/** How much is measured. */
export interface Scale {
  readonly rounds: number;
  /** Of each measurement. */
  readonly seconds: number;
  readonly sizes: readonly number[];
  readonly sessions: readonly number[];
  /** Packets a second of the open loop. */
  readonly rate: number;
}

export function casesOf({ sizes, sessions, seconds, rate }: Scale): readonly Case[] {
  const closed = { mode: "closed", value: WINDOW, seconds } as const;
  const first = sizes[0] ?? 64;
  return [
    ...sizes.map((size) => ({ ...closed, name: `${size} B`, sessions: 100, size })),
    ...sessions.map((n) => ({ ...closed, name: `${n} sessions`, sessions: n, size: first })),
    { name: "1 in flight", mode: "closed", value: 1, seconds, sessions: 1, size: first },
    { name: `${rate} a second`, mode: "open", value: rate, seconds, sessions: 100, size: first },
  ];
}

/** The same for TCP. */
export function streamCases({ seconds }: Scale): readonly Case[] {
  const trips = { mode: "trips", value: 0, seconds } as const;
  return [
    { ...trips, name: "100 connections", sessions: 100, size: 64 },
    { ...trips, name: "1 connection", sessions: 1, size: 64 },
    { ...trips, name: "10 × 64 KiB", sessions: 10, size: 65_536 },
    { ...trips, mode: "connects", name: "new connections", sessions: 20, size: 64 },
  ];
}

/** What each path did in each round of each case. */
export interface Compared {
  readonly cases: readonly Case[];
  readonly paths: readonly {
    readonly name: string;
    readonly version: string;
    /** Case name to rounds; nothing for more sessions than the path is asked for. */
    readonly results: Readonly<Record<string, readonly Loaded[]>>;
    /** Case name to how many of its sessions were answered within SETUP_SECONDS, if not all. */
    readonly short: Readonly<Record<string, number>>;
    /** Why it was not measured. */
    readonly failed?: string;
  }[];
}

/** So many sessions at once take a while until each of them passes as it will from then on. */
const MANY_AT_ONCE = 1000;
const MAX_SETTLING_LOADS = 12;
/** Two loads in a row that differ by less are as good as equal. */
const SETTLED = 0.1;

/**
 * Loads what has just got many sessions until it is as fast as it gets: established sessions are
 * what is compared, and what it costs to set them up is a row of its own.
 */
async function settle(load: () => Promise<Loaded>, sessions: number): Promise<Loaded> {
  let last = await load();
  for (let loads = 1; loads < MAX_SETTLING_LOADS && last.established >= sessions; loads++) {
    const next = await load();
    const most = Math.max(last.packetsPerSecond, next.packetsPerSecond);
    const same = Math.abs(next.packetsPerSecond - last.packetsPerSecond) <= SETTLED * most;
    last = next;
    if (same) break;
  }
  return last;
}

/**
 * Every case on every path, one after the other in each round, so that a slow moment of the
 * machine meets all of them. The first round of a case opens its sessions; nothing of that counts.
 */
export async function compare(
  lab: BenchLab,
  paths: readonly Path[],
  { cases, rounds }: { readonly cases: readonly Case[]; readonly rounds: number },
  progress: (line: string) => void,
): Promise<Compared> {
  const entries: {
    path: Path;
    site: Site;
    running: Running | undefined;
    failed?: string;
    results: Record<string, Loaded[]>;
    short: Record<string, number>;
  }[] = [];
  try {
    for (const path of paths) {
      const site = await lab.site(ECHO_PORTS);
      const entry = { path, site, running: undefined, results: {}, short: {} };
      entries.push(entry);
      await path.start(site).then(
        (running) => Object.assign(entry, { running }),
        (error: Error) => Object.assign(entry, { failed: error.message }),
      );
    }
    for (const one of cases) {
      progress(`${one.name}: ${rounds} rounds of ${paths.length} paths`);
      for (let round = 0; round < rounds; round++) {
        for (const entry of entries) {
          const { path, running, site, failed } = entry;
          if (!running || failed !== undefined || one.sessions > path.maxSessions) continue;
          // It would take as long to refuse them in each round.
          if (entry.short[one.name] !== undefined) continue;
          const load = () => lab.load(site, running.to, one);
          const fresh = round === 0 && one.sessions >= MANY_AT_ONCE;
          const loaded = await (fresh ? settle(load, one.sessions) : load());
          if (loaded.received === 0) entry.failed = `no packet came back: ${one.name}`;
          else if (loaded.established < one.sessions) entry.short[one.name] = loaded.established;
          else entry.results[one.name] = [...(entry.results[one.name] ?? []), loaded];
        }
      }
    }
  } finally {
    await Promise.all(entries.map(({ running }) => running?.stop()));
  }
  return {
    cases,
    paths: entries.map(({ path: { name, version }, results, short, failed }) => ({
      ...{ name, version, results, short },
      ...(failed === undefined ? {} : { failed }),
    })),
  };
}
