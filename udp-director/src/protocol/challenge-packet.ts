import { isControlPacket } from "./control-packet.ts";
import { readSealedToken } from "./sealed-token.ts";
import { encodeToken, readToken } from "./token.ts";

/**
 * Challenge: `[magic bytes]["CHK "][cookie]`, from the director to the source of a first packet,
 * and proof: `[magic bytes]["PRF "][cookie][token, if any]`, the answer of a client that receives
 * at that address. Only where `protection.challenge` is configured. Source: docs/protocol.md; the
 * idea is that of RFC 9000 section 8.1.2.
 */

/** Bytes of a cookie: nobody guesses 128 bits. */
export const COOKIE_BYTES = 16;

const CHALLENGE = new TextEncoder().encode("CHK ");
const PROOF = new TextEncoder().encode("PRF ");

function encode(magic: Uint8Array, word: Uint8Array, ...rest: readonly Uint8Array[]): Uint8Array {
  const parts = [magic, word, ...rest];
  const packet = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    packet.set(part, at);
    at += part.length;
  }
  return packet;
}

/** What follows the magic and the word, when it can begin with a cookie. */
function tail(payload: Uint8Array, magic: Uint8Array, word: Uint8Array): Uint8Array | undefined {
  if (!isControlPacket(payload, magic)) return undefined;
  const rest = payload.subarray(magic.length);
  if (!isControlPacket(rest, word)) return undefined;
  const found = rest.subarray(word.length);
  return found.length >= COOKIE_BYTES ? found : undefined;
}

/** The bytes of a challenge with this cookie. */
export function encodeChallenge(magic: Uint8Array, cookie: Uint8Array): Uint8Array {
  return encode(magic, CHALLENGE, cookie);
}

/** The cookie of a challenge; `undefined` for any other packet. A view of `payload`. */
export function readChallenge(payload: Uint8Array, magic: Uint8Array): Uint8Array | undefined {
  const cookie = tail(payload, magic, CHALLENGE);
  return cookie?.length === COOKIE_BYTES ? cookie : undefined;
}

/** The bytes of a proof. The text must be a token; anything else throws. */
export function encodeProof(magic: Uint8Array, cookie: Uint8Array, token?: string): Uint8Array {
  return encode(magic, PROOF, cookie, token === undefined ? Uint8Array.of() : encodeToken(token));
}

/** What a client shows. Views of the packet that it came in. */
export interface Proof {
  readonly cookie: Uint8Array;
  /** `undefined` when it shows none; empty when what follows the cookie is no token. */
  readonly token: string | undefined;
}

/** The cookie and token of a proof; `undefined` for any other packet. */
export function readProof(payload: Uint8Array, magic: Uint8Array): Proof | undefined {
  const found = tail(payload, magic, PROOF);
  if (found === undefined) return undefined;
  const cookie = found.subarray(0, COOKIE_BYTES);
  if (found.length === COOKIE_BYTES) return { cookie, token: undefined };
  const token = readToken(found, COOKIE_BYTES) ?? readSealedToken(found, COOKIE_BYTES) ?? "";
  return { cookie, token };
}
