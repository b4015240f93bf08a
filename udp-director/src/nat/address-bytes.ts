import { groupsOf } from "../protection/source.ts";

/** The 4 or 16 bytes of an address. Throws for text that is none. */
export function parseAddress(address: string): number[] {
  const groups = groupsOf(address);
  if (groups === undefined) throw new Error(`${address} is not an IP address`);
  return groups.length === 4 ? groups : groups.flatMap((group) => [group >> 8, group & 0xff]);
}

/** The text of 4 or 16 bytes; IPv6 without `::`. */
export function textOf(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16),
  );
  return groups.join(":");
}

/** True for two spellings of one address. */
export const sameAddress = (one: string, other: string): boolean =>
  parseAddress(one).join() === parseAddress(other).join();
