import { isIPv6 } from "node:net";
import { addressBytes } from "../../../net/address-bytes.ts";
import { SIZE_BOUNDS } from "../../traffic.ts";
import type { Forwarded } from "../counts.ts";
import type { Flow, Socket } from "../flow.ts";

/** One direction of a flow; the other one is another entry. */
export const Direction = { toBackend: 0, toClient: 1 } as const;
export type Direction = (typeof Direction)[keyof typeof Direction];

/** `AF_INET` and `AF_INET6`. */
export const FAMILY = { v4: 2, v6: 10 } as const;

/**
 * Key of a direction: who its packets are from, and to which port of this host. Addresses of IPv4
 * have 4 bytes and zeros behind them; ports are in network order, the sender's first.
 */
export const KEY = { address: 0, ports: 16, family: 20, bytes: 24 } as const;

/** What becomes of the packets of a direction. Numbers are in the machine's order. */
export const ENTRY = {
  /** The new addresses, sender's and receiver's, 4 or 16 bytes each, one right behind the other. */
  addresses: 0,
  /** The new ports in network order, the sender's first. */
  ports: 32,
  /** 2 bytes. */
  direction: 36,
  /** 1: `local`, and the sender of `addresses`, are known. 2 bytes. */
  known: 38,
  /** What the change of addresses adds to a checksum; told by the first packet of an epoch. */
  difference: 40,
  /** The epoch in which its last packet went the long way. */
  epoch: 44,
  /** The address of this host that its packets come to. */
  local: 48,
  /** The program's: `struct bpf_redir_neigh`, where to and in which time that was asked. */
  hop: 64,
  device: 84,
  mtu: 88,
  routed: 92,
  bytes: 96,
} as const;

/** Key of an address of this host. */
export const LOCAL = { address: 0, family: 16, bytes: 20 } as const;

/** Sums of a direction on one processor: payload bytes, and packets by size. */
export const SUMS = { bytes: 0, sizes: 8, length: 8 + 8 * (SIZE_BOUNDS.length + 1) } as const;

/** Keys and values of both directions of a flow. What is not known yet the program learns. */
export interface Entries {
  readonly toBackend: Entry;
  readonly toClient: Entry;
}
interface Entry {
  readonly key: Buffer;
  readonly value: Buffer;
}

export function entriesOf({ client, dataPort, backend, source }: Flow): Entries {
  const toBackend = Buffer.alloc(ENTRY.bytes);
  toBackend.set(addressBytes(source.address), ENTRY.addresses);
  toBackend.set(addressBytes(backend.address), ENTRY.addresses + sizeOf(backend.address));
  writePorts(toBackend, ENTRY.ports, source.port, backend.port);
  const toClient = Buffer.alloc(ENTRY.bytes);
  toClient.set(addressBytes(client.address), ENTRY.addresses + sizeOf(client.address));
  writePorts(toClient, ENTRY.ports, dataPort, client.port);
  toClient.writeUInt16LE(Direction.toClient, ENTRY.direction);
  toClient.set(addressBytes(source.address), ENTRY.local);
  const keys = keysOf({ client, dataPort, backend, source });
  return {
    toBackend: { key: keys.toBackend, value: toBackend },
    toClient: { key: keys.toClient, value: toClient },
  };
}

/** The keys alone. */
export const keysOf = ({ client, dataPort, backend, source }: Flow) => ({
  toBackend: keyOf(client, dataPort),
  toClient: keyOf(backend, source.port),
});

export function localKey(address: string): Buffer {
  const key = Buffer.alloc(LOCAL.bytes);
  key.set(addressBytes(address), LOCAL.address);
  key.writeUInt32LE(familyOf(address), LOCAL.family);
  return key;
}

/** The sums of all processors: as many times `SUMS.length` bytes. */
export function sumsOf(perProcessor: Buffer): Required<Forwarded> {
  const sizes = new Array<number>(SIZE_BOUNDS.length + 1).fill(0);
  let bytes = 0;
  for (let at = 0; at < perProcessor.length; at += SUMS.length) {
    bytes += Number(perProcessor.readBigUInt64LE(at + SUMS.bytes));
    for (const [bucket, before] of sizes.entries()) {
      const counted = perProcessor.readBigUInt64LE(at + SUMS.sizes + 8 * bucket);
      sizes[bucket] = before + Number(counted);
    }
  }
  return { packets: sizes.reduce((sum, packets) => sum + packets, 0), bytes, sizes };
}

function keyOf(from: Socket, port: number): Buffer {
  const key = Buffer.alloc(KEY.bytes);
  key.set(addressBytes(from.address), KEY.address);
  writePorts(key, KEY.ports, from.port, port);
  key.writeUInt32LE(familyOf(from.address), KEY.family);
  return key;
}

function writePorts(into: Buffer, at: number, sender: number, receiver: number): void {
  into.writeUInt16BE(sender, at);
  into.writeUInt16BE(receiver, at + 2);
}

const familyOf = (address: string) => (isIPv6(address) ? FAMILY.v6 : FAMILY.v4);
const sizeOf = (address: string) => (isIPv6(address) ? 16 : 4);
