import type { Family } from "./ruleset.ts";

/** Packets and payload bytes that have been forwarded without this process's sockets. */
export interface Forwarded {
  readonly packets: number;
  readonly bytes: number;
  /** Packets by the bucket of their size, where whoever forwards knows it. */
  readonly sizes?: readonly number[];
}

/** What the kernel has counted. */
export interface KernelCounts {
  readonly toBackend: Forwarded;
  readonly toClient: Forwarded;
  /** Packets of sources that sent too many. */
  readonly limited: number;
  /** Packets of banned sources. */
  readonly banned: number;
}

/** Counters of a table by name, as nft has them: bytes of IP. */
export interface TableCounters {
  readonly family: Family;
  readonly counters: Readonly<Record<string, Forwarded>>;
}

/** Bytes of IP and UDP headers, which the kernel counts as well. */
const HEADER_BYTES: Readonly<Record<Family, number>> = { ip: 28, ip6: 48 };

/** The sums of all tables. A counter that is absent has counted nothing. */
export function countsOf(tables: readonly TableCounters[]): KernelCounts {
  const sum = (name: string): Forwarded => {
    let packets = 0;
    let bytes = 0;
    for (const { family, counters } of tables) {
      const counted = counters[name];
      packets += counted?.packets ?? 0;
      bytes += (counted?.bytes ?? 0) - (counted?.packets ?? 0) * HEADER_BYTES[family];
    }
    return { packets, bytes };
  };
  const limited = sum("limited").packets;
  const banned = sum("banned").packets;
  return { toBackend: sum("to_backend"), toClient: sum("to_client"), limited, banned };
}

/** What has been counted since a count of before. */
export const countsSince = (now: KernelCounts, before: KernelCounts): KernelCounts => ({
  toBackend: since(now.toBackend, before.toBackend),
  toClient: since(now.toClient, before.toClient),
  limited: now.limited - before.limited,
  banned: now.banned - before.banned,
});

function since(now: Forwarded, { packets, bytes, sizes }: Forwarded): Forwarded {
  const more = { packets: now.packets - packets, bytes: now.bytes - bytes };
  if (now.sizes === undefined) return more;
  return { ...more, sizes: now.sizes.map((count, bucket) => count - (sizes?.[bucket] ?? 0)) };
}
