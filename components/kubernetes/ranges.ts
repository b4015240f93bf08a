import { isIP } from "node:net";
import { parseCidr } from "cidr-tools";
import { parseIp, stringifyIp } from "ip-bigint";

/** A run of addresses, both ends included. */
export interface AddressRange {
  /** As it was written. */
  readonly text: string;
  readonly version: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

/** `192.168.1.200-192.168.1.220`, `192.168.1.192/27`, or one address; `undefined` for anything else. */
export function parseRange(text: string): AddressRange | undefined {
  const [from = "", to = from, ...more] = text.split("-").map((part) => part.trim());
  const [network = "", bits] = text.split("/");
  if (bits !== undefined) {
    const version = isIP(network);
    if (version === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > (version === 4 ? 32 : 128)) {
      return undefined;
    }
    const { start, end } = parseCidr(text);
    return { text, version: version === 4 ? 4 : 6, first: start, last: end };
  }
  if (more.length > 0 || isIP(from) === 0 || isIP(from) !== isIP(to)) {
    return undefined;
  }
  const [first, last] = [parseIp(from), parseIp(to)];
  return first.number <= last.number
    ? { text, version: first.version, first: first.number, last: last.number }
    : undefined;
}

/** True if some address is in both. */
export const overlap = (a: AddressRange, b: AddressRange): boolean =>
  a.version === b.version && a.first <= b.last && b.first <= a.last;

/** True if one of the ranges has the address. */
export function inRanges(address: string, ranges: readonly string[]): boolean {
  const one = parseRange(address);
  return ranges
    .map(parseRange)
    .some((range) => one !== undefined && range !== undefined && overlap(one, range));
}

/** The address in its shortest form, so that two ways of writing one are equal. */
export const normalAddress = (address: string): string => stringifyIp(parseIp(address));
