import { groupsOf } from "../net/address-bytes.ts";

/**
 * Source addresses as limits see them. One IPv4 address is one source; of IPv6 a /64 is, since
 * that is what one customer gets (RFC 6177) and every address of it is his to use.
 */

/**
 * The source that an address belongs to: the IPv4 address itself, or the IPv6 network such as
 * `2001:db8:0:1::/64`. Text that is no address stands for itself.
 */
export function sourceOf(address: string): string {
  if (!address.includes(":")) return address;
  const groups = groupsOf(address);
  if (groups === undefined) return address;
  const network = groups.slice(0, 4).map((group) => group.toString(16));
  return `${network.join(":")}::/64`;
}

/** A network: the bits that all its addresses begin with. */
interface Network {
  readonly groups: readonly number[];
  readonly prefix: number;
}

/** Reads `10.0.0.0/8`, `2001:db8::/32` or a plain address. Anything else is `undefined`. */
function parseNetwork(text: string): Network | undefined {
  const [address = "", length] = text.split("/");
  const groups = groupsOf(address);
  if (groups === undefined || !/^[0-9a-fA-F:.]+$/.test(address)) return undefined;
  const bits = groups.length === 4 ? 32 : 128;
  const prefix = length === undefined ? bits : Number(length);
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined;
  return prefix <= bits ? { groups, prefix } : undefined;
}

/** True for text that names a network or an address. */
export const isNetwork = (text: string): boolean => parseNetwork(text) !== undefined;

function contains(network: Network, groups: readonly number[]): boolean {
  if (network.groups.length !== groups.length) return false;
  const width = groups.length === 4 ? 8 : 16;
  let left = network.prefix;
  for (let at = 0; at < groups.length && left > 0; at++) {
    const kept = Math.min(width, left);
    const shift = width - kept;
    if ((groups[at] ?? 0) >> shift !== (network.groups[at] ?? 0) >> shift) return false;
    left -= kept;
  }
  return true;
}

/**
 * The octets of an IPv4 address in one number, equal exactly for equal texts; undefined for any
 * other text. Allocates nothing.
 */
export function ipv4Number(address: string): number | undefined {
  let value = 0;
  let octet = -1;
  let octets = 1;
  for (let at = 0; at < address.length; at++) {
    const code = address.charCodeAt(at);
    if (code === 0x2e) {
      if (octet < 0) return undefined;
      value = value * 256 + octet;
      octet = -1;
      octets++;
    } else if (code >= 0x30 && code <= 0x39 && octet !== 0) {
      octet = Math.max(0, octet) * 10 + code - 0x30;
      if (octet > 255) return undefined;
    } else return undefined;
  }
  return octets === 4 && octet >= 0 ? value * 256 + octet : undefined;
}

/**
 * A test for "is this address in any of these networks?". Unreadable networks hold nobody. Asked
 * for each connection, and nearly all are of IPv4: for those it compares numbers.
 */
export function inNetworks(networks: readonly string[]): (address: string) => boolean {
  const parsed = networks.flatMap((text) => parseNetwork(text) ?? []);
  if (parsed.length === 0) return () => false;
  const ranges = parsed
    .filter(({ groups }) => groups.length === 4)
    .map(({ groups, prefix }) => {
      const size = 2 ** (32 - prefix);
      const within = groups.reduce((number, octet) => number * 256 + octet, 0);
      const first = Math.floor(within / size) * size;
      return { first, last: first + size - 1 };
    });
  return (address) => {
    const number = ipv4Number(address);
    if (number !== undefined) {
      return ranges.some(({ first, last }) => number >= first && number <= last);
    }
    const groups = groupsOf(address);
    return groups !== undefined && parsed.some((network) => contains(network, groups));
  };
}
