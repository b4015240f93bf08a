import { isIP } from "node:net";
import { parseCidr } from "cidr-tools";
import { parseIp, stringifyIp } from "ip-bigint";
import { each, invalid, together } from "../endpoint/invalid.ts";

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

/**
 * Ranges of a pool of load balancer addresses.
 *
 * @param elsewhere Ranges that somebody else uses, by who does.
 * @throws InputPropertyError for an empty list, what is no range, and ranges that overlap.
 */
export function checkPoolRanges(
  property: string,
  texts: readonly string[],
  elsewhere: Readonly<Record<string, readonly string[]>>,
): readonly AddressRange[] {
  if (texts.length === 0) {
    invalid(property, "is empty: give at least one range, such as 192.168.1.200-192.168.1.220");
  }
  const [taken, ranges] = together(
    () =>
      each(
        Object.entries(elsewhere).flatMap(([whose, list]) =>
          list.map((text, index) => ({
            whose,
            at: `keepClearOf[${JSON.stringify(whose)}][${index}]`,
            text,
          })),
        ),
        ({ whose, at, text }) => ({ whose, range: rangeAt(at, text) }),
      ),
    () => each(texts, (text, index) => rangeAt(`${property}[${index}]`, text)),
  );
  each(ranges, (range, index) => {
    const at = `${property}[${index}]`;
    const own = ranges.slice(0, index).find((other) => overlap(range, other));
    if (own !== undefined) {
      invalid(
        at,
        `"${range.text}" overlaps with "${own.text}" of the same pool: each address once`,
      );
    }
    const other = taken.find((one) => overlap(range, one.range));
    if (other !== undefined) {
      invalid(
        at,
        `"${range.text}" overlaps with "${other.range.text}", which is for ${other.whose}: two machines would answer for one address. Move the pool, or what is there now`,
      );
    }
  });
  return ranges;
}

function rangeAt(property: string, text: string): AddressRange {
  return (
    parseRange(text) ??
    invalid(
      property,
      `"${text}" is not a range: first and last address (192.168.1.200-192.168.1.220) or a network (192.168.1.192/27)`,
    )
  );
}
