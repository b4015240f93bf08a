import { addressBytes, textOf } from "../net/address-bytes.ts";

/**
 * Packets that tell the NAT in front of a client, after RFC 5780, of fixed size and without STUN's
 * attributes. All begin with 8 bytes `UDPNATv1`, a kind and 12 bytes of the transaction:
 *
 * - request (1), 64 bytes: flags (1: answer from the other address, 2: from the other port), and how
 *   many milliseconds to wait with the answer, 4 bytes
 * - answer (2), 60 bytes: the address and port that the request came from, and the server's other
 *   address and port, each 1 byte of IP version (0: none), 2 of port, 16 of address
 * - greeting (3), 22 bytes, from one of a client's sockets to another
 *
 * Addresses are XORed with the transaction: some NATs rewrite their own wherever they see it.
 */
export const REQUEST_BYTES = 64;
const ANSWER_BYTES = 60;
const GREETING_BYTES = 22;

const MAGIC = Buffer.from("UDPNATv1");
const KIND = { request: 1, answer: 2, greeting: 3 } as const;
const AT = { kind: 8, transaction: 9, flags: 21, delay: 22, mapped: 22, other: 41 } as const;
export const TRANSACTION_BYTES = 12;
/** Longest wait that a request may ask for. Milliseconds. */
export const MAX_DELAY_MS = 600_000;

/** An address and port of UDP. */
export interface Transport {
  readonly address: string;
  readonly port: number;
}

export interface NatRequest {
  readonly transaction: Buffer;
  readonly otherAddress: boolean;
  readonly otherPort: boolean;
  /** Milliseconds, 0 to 600,000. */
  readonly delayMs: number;
}

export interface NatAnswer {
  readonly transaction: Buffer;
  /** Where the request came from, as the server saw it. */
  readonly mapped: Transport;
  readonly other: Transport | undefined;
}

function begin(bytes: number, kind: number, transaction: Uint8Array): Buffer {
  const packet = Buffer.alloc(bytes);
  packet.set(MAGIC);
  packet[AT.kind] = kind;
  packet.set(transaction, AT.transaction);
  return packet;
}

/** The transaction of a packet of this kind; undefined for anything else. */
function transactionOf(packet: Buffer, kind: number, bytes: number): Buffer | undefined {
  const ours =
    packet.length >= bytes &&
    packet.subarray(0, MAGIC.length).equals(MAGIC) &&
    packet[AT.kind] === kind;
  return ours ? packet.subarray(AT.transaction, AT.transaction + TRANSACTION_BYTES) : undefined;
}

export function encodeRequest(request: NatRequest): Buffer {
  const packet = begin(REQUEST_BYTES, KIND.request, request.transaction);
  packet[AT.flags] = (request.otherAddress ? 1 : 0) | (request.otherPort ? 2 : 0);
  packet.writeUInt32BE(request.delayMs, AT.delay);
  return packet;
}

/** A request; undefined for anything else, and for one that the answer would be larger than. */
export function readRequest(packet: Buffer): NatRequest | undefined {
  const transaction = transactionOf(packet, KIND.request, REQUEST_BYTES);
  if (transaction === undefined) return undefined;
  const flags = packet[AT.flags] ?? 0;
  const delayMs = packet.readUInt32BE(AT.delay);
  if (delayMs > MAX_DELAY_MS) return undefined;
  return { transaction, otherAddress: (flags & 1) > 0, otherPort: (flags & 2) > 0, delayMs };
}

function writeTransport(packet: Buffer, at: number, value: Transport, key: Buffer): void {
  const bytes = addressBytes(value.address);
  packet[at] = bytes.length === 4 ? 4 : 6;
  packet.writeUInt16BE(value.port ^ key.readUInt16BE(), at + 1);
  bytes.forEach((byte, index) => {
    packet[at + 3 + index] = byte ^ (key[index % key.length] ?? 0);
  });
}

function readTransport(packet: Buffer, at: number, key: Buffer): Transport | undefined {
  const version = packet[at];
  if (version !== 4 && version !== 6) return undefined;
  const bytes = [...packet.subarray(at + 3, at + (version === 4 ? 7 : 19))];
  return {
    address: textOf(bytes.map((byte, index) => byte ^ (key[index % key.length] ?? 0))),
    port: packet.readUInt16BE(at + 1) ^ key.readUInt16BE(),
  };
}

export function encodeAnswer({ transaction, mapped, other }: NatAnswer): Buffer {
  const packet = begin(ANSWER_BYTES, KIND.answer, transaction);
  writeTransport(packet, AT.mapped, mapped, transaction);
  if (other !== undefined) writeTransport(packet, AT.other, other, transaction);
  return packet;
}

export function readAnswer(packet: Buffer): NatAnswer | undefined {
  const transaction = transactionOf(packet, KIND.answer, ANSWER_BYTES);
  const mapped = transaction && readTransport(packet, AT.mapped, transaction);
  if (transaction === undefined || mapped === undefined) return undefined;
  return { transaction, mapped, other: readTransport(packet, AT.other, transaction) };
}

export const encodeGreeting = (transaction: Uint8Array): Buffer =>
  begin(GREETING_BYTES, KIND.greeting, transaction);

/** The transaction of a greeting; undefined for anything else. */
export const readGreeting = (packet: Buffer): Buffer | undefined =>
  transactionOf(packet, KIND.greeting, GREETING_BYTES);
