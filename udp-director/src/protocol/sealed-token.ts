/**
 * Sealed token: `udp1.<key id>.<base64url>`, ASCII. What it holds is encrypted; only a director
 * with the key can read it. Here is its outside alone; its inside is in src/tokens.
 * Source: docs/protocol.md "Sealed tokens".
 */

/** Every sealed token begins with this, and no UUID does. */
export const SEALED_PREFIX = "udp1.";

/**
 * Longest sealed token in bytes. With the longest magic (64 bytes) a control packet stays at
 * 512 bytes, which every path carries in one piece.
 */
export const MAX_SEALED_BYTES = 448;

/** What a key may be called: it stands in every token. */
export const KEY_ID = /^[A-Za-z0-9_-]{1,16}$/;

const SHAPE = /^udp1\.([A-Za-z0-9_-]{1,16})\.([A-Za-z0-9_-]{1,441})$/;

/** The two parts of a sealed token, or `undefined` for any other text. */
export function splitSealedToken(text: string): { keyId: string; body: string } | undefined {
  if (text.length > MAX_SEALED_BYTES) return undefined;
  const match = SHAPE.exec(text);
  return match ? { keyId: match[1] ?? "", body: match[2] ?? "" } : undefined;
}

/** True for a text of the outer shape of a sealed token, whether or not a key opens it. */
export function isSealedToken(text: string): boolean {
  return splitSealedToken(text) !== undefined;
}

/**
 * The text that `payload` holds from `start` on when that begins as a sealed token does, else
 * `undefined`. Trailing CR, LF and NUL are cut. The text may be broken: opening it will tell.
 * Reads, never keeps `payload`.
 */
export function readSealedToken(payload: Uint8Array, start = 0): string | undefined {
  if (payload.length < start + SEALED_PREFIX.length) return undefined;
  for (let at = 0; at < SEALED_PREFIX.length; at++) {
    if (payload[start + at] !== SEALED_PREFIX.charCodeAt(at)) return undefined;
  }
  let end = payload.length;
  while (end > start && isTrailer(payload[end - 1])) end--;
  // Too long to be one: the first bytes are enough to refuse it.
  end = Math.min(end, start + MAX_SEALED_BYTES + 1);
  let text = "";
  for (let at = start; at < end; at++) text += String.fromCharCode(payload[at] ?? 0);
  return text;
}

function isTrailer(byte: number | undefined): boolean {
  return byte === 0x0a || byte === 0x0d || byte === 0x00;
}
