import { isIPv6 } from "node:net";
import { addressBytes, textOf } from "../../../../net/address-bytes.ts";

/** One end of a packet. */
export interface End {
  readonly address: string;
  readonly port: number;
}

/** What a packet is made of; what is left out is as usual. */
export interface PacketFields {
  readonly mac: string;
  readonly from: End;
  readonly to: End;
  readonly payload: Buffer;
  readonly hops?: number;
  /** UDP without a checksum. */
  readonly unchecked?: boolean;
  /** Bytes of options of IPv4, a multiple of 4. */
  readonly options?: number;
  /** Flags and offset of a fragment of IPv4. */
  readonly fragment?: number;
  readonly protocol?: number;
  /** What the IP header says in place of the real length. */
  readonly length?: number;
}

const ETHERNET = 14;
const UDP = 17;

/** An Ethernet frame with a UDP packet. */
export function packet(fields: PacketFields): Buffer {
  const { mac, from, to, payload, hops = 64, protocol = UDP } = fields;
  const six = isIPv6(from.address);
  const udp = Buffer.alloc(8 + payload.length);
  udp.writeUInt16BE(from.port, 0);
  udp.writeUInt16BE(to.port, 2);
  udp.writeUInt16BE(udp.length, 4);
  payload.copy(udp, 8);
  const addresses = Buffer.concat([addressBytes(from.address), addressBytes(to.address)]);
  if (!fields.unchecked) udp.writeUInt16BE(udpChecksum(addresses, udp) || 0xffff, 6);
  const head = six ? Buffer.alloc(8) : Buffer.alloc(12);
  if (six) {
    head.writeUInt8(0x60, 0);
    head.writeUInt16BE(fields.length ?? udp.length, 4);
    head.set([protocol, hops], 6);
  } else {
    const options = fields.options ?? 0;
    head.writeUInt8(0x45 + options / 4, 0);
    head.writeUInt16BE(fields.length ?? 20 + options + udp.length, 2);
    head.writeUInt16BE(fields.fragment ?? 0, 6);
    head.set([hops, protocol], 8);
  }
  const ip = Buffer.concat([head, addresses, Buffer.alloc(fields.options ?? 0)]);
  if (!six) ip.writeUInt16BE(checksum([ip]), 10);
  const ethernet = Buffer.alloc(ETHERNET);
  ethernet.write(mac.replaceAll(":", ""), 0, "hex");
  ethernet.writeUInt16BE(six ? 0x86dd : 0x0800, 12);
  return Buffer.concat([ethernet, ip, udp]);
}

/** What a frame without options says, after holding that its checksums fit. */
export function read(frame: Buffer): PacketFields & { readonly intact: boolean } {
  const six = frame.readUInt16BE(12) === 0x86dd;
  const size = six ? 16 : 4;
  const addresses = frame.subarray(six ? 22 : 26).subarray(0, 2 * size);
  const udp = frame.subarray(ETHERNET + (six ? 40 : 20));
  // The shortest spelling, as the addresses of the lab are written.
  const text = (bytes: Buffer) =>
    six ? new URL(`http://[${textOf(bytes)}]`).hostname.slice(1, -1) : textOf(bytes);
  const unchecked = udp.readUInt16BE(6) === 0;
  const header = six || checksum([frame.subarray(ETHERNET, ETHERNET + 20)]) === 0;
  return {
    mac: frame.toString("hex", 0, 6),
    from: { address: text(addresses.subarray(0, size)), port: udp.readUInt16BE(0) },
    to: { address: text(addresses.subarray(size)), port: udp.readUInt16BE(2) },
    payload: udp.subarray(8),
    hops: frame[six ? 21 : 22] ?? 0,
    unchecked,
    intact: header && (unchecked || udpChecksum(addresses, udp) === 0),
  };
}

/** With its own field filled in it is 0 where that is right. */
function udpChecksum(addresses: Buffer, udp: Buffer): number {
  const pseudo = Buffer.alloc(4);
  pseudo.writeUInt16BE(udp.length, 0);
  pseudo.writeUInt16BE(UDP, 2);
  return checksum([addresses, pseudo, udp]);
}

/** The Internet checksum, RFC 1071. */
function checksum(parts: readonly Buffer[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; at += 2) sum += ((part[at] ?? 0) << 8) | (part[at + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}
