/**
 * PROXY protocol version 2: the header that tells a server who its client is.
 * Source: HAProxy's proxy-protocol.txt, section 2.2 "Binary header format".
 */

import { addressBytes } from "../net/address-bytes.ts";

const SIGNATURE = Uint8Array.of(13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10);
/** Signature, version and command, family and transport, length of what follows. */
const FIXED_BYTES = 16;
const VERSION_AND_PROXY = 0x21;
const VERSION_AND_LOCAL = 0x20;
const INET = 0x10;
const INET6 = 0x20;
const STREAM = 1;
const DGRAM = 2;

/** One end of a connection: an IP address literal and a port. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Who sent what follows, and to whom. */
export interface ProxyHeader {
  readonly transport: "udp" | "tcp";
  /** The client. */
  readonly source: Endpoint;
  /** Where the client sent to: the director. Of the source's address family. */
  readonly destination: Endpoint;
}

/** A header and where what it precedes begins. `header` is absent for a proxy's own connection. */
export interface ReadProxyHeader {
  readonly header: ProxyHeader | undefined;
  readonly end: number;
}

/**
 * The bytes of a header: 28 for IPv4, 52 for IPv6. Addresses that are no literals, or of two
 * families, throw.
 */
export function encodeProxyHeader({ transport, source, destination }: ProxyHeader): Uint8Array {
  const from = addressBytes(source.address);
  const to = addressBytes(destination.address);
  if (from.length !== to.length) {
    throw new Error(`two address families: ${source.address} and ${destination.address}`);
  }
  const length = 2 * from.length + 4;
  const bytes = new Uint8Array(FIXED_BYTES + length);
  bytes.set(SIGNATURE);
  const family = from.length === 4 ? INET : INET6;
  bytes.set([VERSION_AND_PROXY, family | (transport === "tcp" ? STREAM : DGRAM), 0, length], 12);
  bytes.set(from, FIXED_BYTES);
  bytes.set(to, FIXED_BYTES + from.length);
  const { port: a } = source;
  const { port: b } = destination;
  bytes.set([a >> 8, a & 255, b >> 8, b & 255], FIXED_BYTES + 2 * from.length);
  return bytes;
}

/** The text of 4 or 16 bytes, an IPv6 address in eight groups. */
function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups: string[] = [];
  for (let at = 0; at < 16; at += 2) {
    groups.push((((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)).toString(16));
  }
  return groups.join(":");
}

/**
 * The header that `bytes` begin with: `incomplete` while more bytes could make one, `none` for
 * anything else. Extensions (TLVs) are passed over.
 */
export function readProxyHeader(bytes: Uint8Array): ReadProxyHeader | "none" | "incomplete" {
  const compared = Math.min(bytes.length, SIGNATURE.length);
  for (let at = 0; at < compared; at++) if (bytes[at] !== SIGNATURE[at]) return "none";
  if (bytes.length < FIXED_BYTES) return "incomplete";
  const [command, kind = 0, high = 0, low = 0] = bytes.subarray(12, FIXED_BYTES);
  const end = FIXED_BYTES + ((high << 8) | low);
  if (command !== VERSION_AND_PROXY && command !== VERSION_AND_LOCAL) return "none";
  if (bytes.length < end) return "incomplete";
  const size = (kind & 0xf0) === INET ? 4 : (kind & 0xf0) === INET6 ? 16 : 0;
  const transport = (kind & 15) === STREAM ? "tcp" : (kind & 15) === DGRAM ? "udp" : undefined;
  if (command === VERSION_AND_LOCAL || size === 0 || transport === undefined) {
    return { header: undefined, end };
  }
  if (end < FIXED_BYTES + 2 * size + 4) return "none";
  const part = (at: number, length: number) =>
    bytes.subarray(FIXED_BYTES + at, FIXED_BYTES + at + length);
  const endpoint = (index: 0 | 1): Endpoint => {
    const [first = 0, second = 0] = part(2 * size + 2 * index, 2);
    return { address: addressText(part(index * size, size)), port: (first << 8) | second };
  };
  return { header: { transport, source: endpoint(0), destination: endpoint(1) }, end };
}
