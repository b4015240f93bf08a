import { isSealedToken } from "./sealed-token.ts";

/**
 * Session token: UUID v4 in lower-case text, 36 ASCII bytes on the wire.
 * Source: spec/001 "Token Management"; RFC 9562 section 5.4.
 */

/** Bytes of a token on the wire. */
export const TOKEN_BYTES = 36;

const TOKEN = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** True for the exact text of a token. */
export function isToken(text: string): boolean {
  return text.length === TOKEN_BYTES && TOKEN.test(text);
}

/** Trailing bytes that tools such as `echo "$TOKEN" | nc -u` add: LF, CR, NUL. */
function isTrailer(byte: number | undefined): boolean {
  return byte === 0x0a || byte === 0x0d || byte === 0x00;
}

/**
 * The token that `payload` holds from `start` on, or `undefined` when it holds anything else.
 * Exactly 36 bytes, or 36 bytes followed only by CR, LF and NUL. Reads, never keeps `payload`.
 */
export function readToken(payload: Uint8Array, start = 0): string | undefined {
  const end = start + TOKEN_BYTES;
  if (payload.length < end) return undefined;
  for (let at = payload.length - 1; at >= end; at--) {
    if (!isTrailer(payload[at])) return undefined;
  }
  let text = "";
  for (let at = start; at < end; at++) text += String.fromCharCode(payload[at] ?? 0);
  return TOKEN.test(text) ? text : undefined;
}

/** The bytes of a token, UUID or sealed. The text must be a token; anything else throws. */
export function encodeToken(token: string): Uint8Array {
  if (!isToken(token) && !isSealedToken(token)) {
    throw new Error(`not a token: ${JSON.stringify(token)}; expected a UUID v4 or a sealed token`);
  }
  return new TextEncoder().encode(token);
}
