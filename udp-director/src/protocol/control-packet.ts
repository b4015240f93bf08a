import { encodeToken } from "./token.ts";

/**
 * Control packet: `[magic bytes][token]`, the token a UUID of 36 bytes or a sealed one. It moves the session of its sender to the
 * token's target. The magic is configurable; the default is FF FF FF FF "RESET".
 * Source: spec/001 "Control Packet Format".
 */

/** Default magic bytes in hex. */
export const DEFAULT_MAGIC_HEX = "FFFFFFFF5245534554";

/** Bytes of a hex text of even length; anything else throws. */
export function parseMagic(hex: string): Uint8Array {
  if (!/^(?:[0-9a-fA-F]{2})+$/.test(hex)) throw new Error(`not hex bytes: ${JSON.stringify(hex)}`);
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** True when `payload` begins with the magic, whatever follows. Allocates nothing. */
export function isControlPacket(payload: Uint8Array, magic: Uint8Array): boolean {
  if (payload.length < magic.length) return false;
  for (let at = 0; at < magic.length; at++) {
    if (payload[at] !== magic[at]) return false;
  }
  return true;
}

/** The bytes of a control packet. The text must be a token; anything else throws. */
export function encodeControlPacket(magic: Uint8Array, token: string): Uint8Array {
  const tail = encodeToken(token);
  const packet = new Uint8Array(magic.length + tail.length);
  packet.set(magic);
  packet.set(tail, magic.length);
  return packet;
}
