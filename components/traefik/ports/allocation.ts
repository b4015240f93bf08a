import { createHash } from "node:crypto";

/** What is known of one port of a pool. */
export interface PortEntry {
  /** Who has it, or had it last: an allocation's name in the world. */
  readonly owner: string;
  /** Seconds since 1970 when it was given back; absent while it is in use. */
  readonly releasedAt?: number;
  /** Seconds that it then rests before somebody else gets it. */
  readonly quarantineSeconds?: number;
}

/** Entries by port; a port that is not here was never used. */
export type PortTable = ReadonlyMap<number, PortEntry>;

/** What an allocation asks for. */
export interface PortWish {
  /** The same for the whole life of the allocation, and nobody else's. */
  readonly owner: string;
  readonly from: number;
  readonly to: number;
  /** Ports that are not given to anybody who does not ask for them. */
  readonly reserved: readonly number[];
  /** This one and no other. */
  readonly port?: number;
}

/** The port, and the table that says so. */
export interface Allocated {
  readonly port: number;
  readonly table: PortTable;
}

/** Why there is none. */
export interface NoPort {
  readonly refused: string;
}

/**
 * Gives a port: the one that is asked for; else the one that the owner has or had, so that a
 * repeated or returning request gets the same again; else one that nobody ever used, of those the
 * one that the owner's name leads to; else the one that has rested longest. Nobody else's port ever
 * moves.
 *
 * By the name, not by the number: several allocations of one deployment come in any order, and a
 * preview has to show the ports that they then get.
 *
 * @param now Seconds since 1970.
 */
export function allocate(table: PortTable, wish: PortWish, now: number): Allocated | NoPort {
  const { owner, from, to, port } = wish;
  if (port !== undefined) {
    if (port < from || port > to) {
      return { refused: `${port} is not in the pool, which has ${from} to ${to}` };
    }
    const entry = table.get(port);
    return mayHave(entry, owner, now)
      ? taken(table, port, owner)
      : { refused: `${port} is ${whose(entry, now)}` };
  }
  const candidates = Array.from({ length: to - from + 1 }, (_, index) => from + index).filter(
    (number) =>
      table.get(number)?.owner === owner ||
      (!wish.reserved.includes(number) && mayHave(table.get(number), owner, now)),
  );
  const rank = (number: number): readonly [number, number] => {
    const entry = table.get(number);
    if (entry === undefined) {
      return [2, score(owner, number)];
    }
    if (entry.owner === owner) {
      return entry.releasedAt === undefined ? [0, 0] : [1, -entry.releasedAt];
    }
    return [3, entry.releasedAt ?? 0];
  };
  const [best] = candidates.sort((a, b) => {
    const [x, y] = [rank(a), rank(b)];
    return x[0] - y[0] || x[1] - y[1] || a - b;
  });
  return best === undefined
    ? {
        refused: `no port of ${from} to ${to} is free: all ${to - from + 1} are in use, reserved or resting; widen the pool`,
      }
    : taken(table, best, owner);
}

/** Gives a port back. Of somebody else's, or one that is free, nothing changes. */
export function release(
  table: PortTable,
  given: { readonly port: number; readonly owner: string; readonly quarantineSeconds: number },
  now: number,
): PortTable {
  const entry = table.get(given.port);
  if (entry === undefined || entry.owner !== given.owner || entry.releasedAt !== undefined) {
    return table;
  }
  const { owner, quarantineSeconds } = given;
  return new Map(table).set(given.port, { owner, releasedAt: now, quarantineSeconds });
}

/** Spreads owners over ports; rendezvous hashing, RFC 2991 section 3. */
const score = (owner: string, port: number): number =>
  createHash("sha256").update(`${owner}\0${port}`).digest().readUInt32BE();

function mayHave(entry: PortEntry | undefined, owner: string, now: number): boolean {
  return entry === undefined || entry.owner === owner || restsUntil(entry) <= now;
}

const restsUntil = ({ releasedAt, quarantineSeconds = 0 }: PortEntry): number =>
  releasedAt === undefined ? Number.POSITIVE_INFINITY : releasedAt + quarantineSeconds;

function taken(table: PortTable, port: number, owner: string): Allocated {
  return { port, table: new Map(table).set(port, { owner }) };
}

function whose(entry: PortEntry | undefined, now: number): string {
  return entry?.releasedAt === undefined
    ? `already that of ${entry?.owner}`
    : `resting for ${restsUntil(entry) - now} seconds more, after ${entry.owner} gave it back`;
}
