import type { Input } from "@pulumi/pulumi";
import { each, invalid, together } from "../endpoint/invalid.ts";
import { isPlain } from "../endpoint/plain.ts";
import { type AddressRange, inRanges, normalAddress, overlap, parseRange } from "./ranges.ts";

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

/**
 * Addresses that a Service asks for, in one form: one, or an IPv4 and an IPv6 one.
 *
 * @throws InputPropertyError naming the entry.
 */
export function checkAddresses(property: string, addresses: readonly string[]): string[] {
  const seen = new Set<number>();
  return each(addresses, (address, index) => {
    const at = `${property}[${index}]`;
    const range = parseRange(address);
    if (range === undefined || range.first !== range.last || /[-/]/.test(address)) {
      invalid(at, `"${address}" is not an address: one IPv4 or IPv6 address`);
    }
    if (seen.has(range.version)) {
      invalid(at, `is a second IPv${range.version} address: a Service has one of each version`);
    }
    seen.add(range.version);
    return normalAddress(address);
  });
}

/**
 * Addresses that a Service asks of a pool.
 *
 * @param who Hands them out: `MetalLB`.
 * @returns The addresses.
 * @throws InputPropertyError for one that the pool does not have.
 */
export function checkInPool(
  addresses: readonly string[],
  pool: { readonly name: string; readonly ranges: readonly string[] },
  who: string,
): readonly string[] {
  return each(addresses, (address, index) => {
    if (!inRanges(address, pool.ranges)) {
      invalid(
        `addresses[${index}]`,
        `${address} is not in the pool ${pool.name} (${pool.ranges.join(", ")}), so ${who} would assign nothing: ask for one of the pool, or for another pool`,
      );
    }
    return address;
  });
}

/**
 * Addresses that a Service asks for, as far as they are known.
 *
 * @throws InputPropertyError naming the entry.
 */
export function checkRequested({ addresses, pool }: RequestedArgs, who: string): void {
  if (addresses === undefined) {
    return;
  }
  if (addresses.length === 0 || addresses.length > 2) {
    invalid("addresses", `has ${addresses.length}: one, or an IPv4 and an IPv6 one`);
  }
  if (addresses.every(isPlain)) {
    checkAddresses("addresses", addresses);
    if (pool !== undefined && isPlain(pool)) {
      checkInPool(addresses, pool, who);
    }
  }
}

/** The part of a load balancer's arguments that names addresses. */
interface RequestedArgs {
  readonly addresses?: readonly Input<string>[];
  readonly pool?: Input<{ readonly name: string; readonly ranges: readonly string[] }>;
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
