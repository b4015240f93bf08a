import { groupsOf } from "../net/address-bytes.ts";

/** One end of a UDP datagram. */
export interface UdpEnd {
  /** IP address; a zone (`%eth0`) is left out. */
  readonly address: string;
  readonly port: number;
}

const UDP = 17;
const TTL = 64;
const UDP_HEADER = 8;
const IPV4_HEADER = 20;
const IPV6_HEADER = 40;

/** Address bytes: 4 or 16 of them. Text that is no address becomes 0.0.0.0. */
function bytesOf(address: string): Uint8Array {
  const groups = groupsOf(address) ?? [0, 0, 0, 0];
  if (groups.length === 4) return Uint8Array.from(groups);
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

/** An IPv4 address as the IPv6 address that maps it, when the other end is IPv6. */
function widen(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 16) return bytes;
  const wide = new Uint8Array(16);
  // Unspecified stays unspecified: `::`, not `::ffff:0.0.0.0`.
  if (bytes.some((byte) => byte !== 0)) wide.set([0xff, 0xff, ...bytes], 10);
  return wide;
}

/** The Internet checksum (RFC 1071) over some pieces, each but the last of even length. */
function checksum(...pieces: readonly Uint8Array[]): number {
  let sum = 0;
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += 2) {
      sum += ((piece[at] ?? 0) << 8) | (piece[at + 1] ?? 0);
    }
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/**
 * The IP packet (RFC 791 or RFC 8200) that carries a UDP datagram (RFC 768) from one end to the
 * other, checksums included. One piece, however large: sockets never see fragments.
 */
export function udpPacket(from: UdpEnd, to: UdpEnd, payload: Uint8Array): Uint8Array {
  const narrow = [bytesOf(from.address), bytesOf(to.address)] as const;
  const isIpv4 = narrow.every(({ length }) => length === 4);
  const [source, target] = isIpv4 ? narrow : [widen(narrow[0]), widen(narrow[1])];
  const header = isIpv4 ? IPV4_HEADER : IPV6_HEADER;
  const length = UDP_HEADER + payload.length;
  const packet = new Uint8Array(header + length);
  const view = new DataView(packet.buffer);
  if (isIpv4) {
    view.setUint16(0, 0x4500);
    // The length field has 16 bits; a datagram never needs more.
    view.setUint16(2, header + length);
    // Don't fragment.
    view.setUint16(6, 0x4000);
    view.setUint8(8, TTL);
    view.setUint8(9, UDP);
    packet.set(source, 12);
    packet.set(target, 16);
    view.setUint16(10, checksum(packet.subarray(0, header)));
  } else {
    view.setUint32(0, 6 << 28);
    view.setUint16(4, length);
    view.setUint8(6, UDP);
    view.setUint8(7, TTL);
    packet.set(source, 8);
    packet.set(target, 24);
  }
  view.setUint16(header, from.port);
  view.setUint16(header + 2, to.port);
  view.setUint16(header + 4, length);
  packet.set(payload, header + UDP_HEADER);
  const pseudo = Uint8Array.of(0, UDP, length >> 8, length & 0xff);
  const sum = checksum(source, target, pseudo, packet.subarray(header));
  // 0 would say that there is no checksum.
  view.setUint16(header + 6, sum === 0 ? 0xffff : sum);
  return packet;
}
