import { isControlPacket } from "./control-packet.ts";

/**
 * Acknowledgement: `[magic bytes]["ACK "][token]`, from the director to a client whose token
 * packet or control packet it has accepted. Only sent where `ackPackets` is configured; it is
 * four bytes longer than the control packet that it answers. Source: docs/protocol.md.
 */

const WORD = new TextEncoder().encode("ACK ");

/** The bytes of an acknowledgement of `token`. */
export function encodeAck(magic: Uint8Array, token: string): Uint8Array {
  const tail = new TextEncoder().encode(token);
  const packet = new Uint8Array(magic.length + WORD.length + tail.length);
  packet.set(magic);
  packet.set(WORD, magic.length);
  packet.set(tail, magic.length + WORD.length);
  return packet;
}

/** The token that a packet of the director acknowledges; `undefined` for any other packet. */
export function readAck(payload: Uint8Array, magic: Uint8Array): string | undefined {
  if (!isControlPacket(payload, magic)) return undefined;
  const rest = payload.subarray(magic.length);
  if (rest.length === WORD.length || !isControlPacket(rest, WORD)) return undefined;
  return new TextDecoder().decode(rest.subarray(WORD.length));
}
