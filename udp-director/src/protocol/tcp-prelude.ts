import { encodeControlPacket } from "./control-packet.ts";
import { MAX_SEALED_BYTES, readSealedToken } from "./sealed-token.ts";
import { readToken } from "./token.ts";

/**
 * Prelude of a TCP connection to a data port: `[magic bytes][token][LF]`, the token a UUID of 36
 * bytes or a sealed one. It says which session the connection belongs to and is never forwarded.
 * It is optional: a connection whose first bytes are not the magic is all data.
 * Source: docs/protocol.md "TCP data ports".
 */

const LF = 0x0a;

/** The bytes of a prelude. The text must be a token; anything else throws. */
export function encodePrelude(magic: Uint8Array, token: string): Uint8Array {
  const packet = encodeControlPacket(magic, token);
  const prelude = new Uint8Array(packet.length + 1);
  prelude.set(packet);
  prelude[packet.length] = LF;
  return prelude;
}

/** What the bytes so far amount to. `rest`: what comes after, for the backend. */
export type Prelude =
  /** May still become one. `certain`: the magic is complete, so it is one or it is broken. */
  | { readonly kind: "incomplete"; readonly certain: boolean }
  | { readonly kind: "none"; readonly rest: Uint8Array }
  | { readonly kind: "token"; readonly token: string; readonly rest: Uint8Array }
  | { readonly kind: "malformed" };

/** Reads a prelude from a stream in pieces of any size. Holds no more than it and one piece. */
export class PreludeReader {
  readonly #magic: Uint8Array;
  #bytes: Uint8Array = new Uint8Array();

  constructor(magic: Uint8Array) {
    this.#magic = magic;
  }

  /** The next piece. Not called again once the answer is not `incomplete`. */
  push(piece: Uint8Array): Prelude {
    const bytes = new Uint8Array(this.#bytes.length + piece.length);
    bytes.set(this.#bytes);
    bytes.set(piece, this.#bytes.length);
    this.#bytes = bytes;
    const magic = this.#magic;
    const compared = Math.min(magic.length, bytes.length);
    for (let at = 0; at < compared; at++) {
      if (bytes[at] !== magic[at]) return { kind: "none", rest: bytes };
    }
    if (bytes.length < magic.length) return { kind: "incomplete", certain: false };
    return this.#token(bytes);
  }

  /** No more is waited for: what came is data, unless the magic was complete. */
  end(): Prelude {
    const certain = this.#bytes.length >= this.#magic.length;
    return certain ? { kind: "malformed" } : { kind: "none", rest: this.#bytes };
  }

  #token(bytes: Uint8Array): Prelude {
    const start = this.#magic.length;
    const end = bytes.indexOf(LF, start);
    if (end < 0) {
      const hopeless = bytes.length - start > MAX_SEALED_BYTES;
      return hopeless ? { kind: "malformed" } : { kind: "incomplete", certain: true };
    }
    const line = bytes.subarray(start, end);
    const token = readToken(line) ?? readSealedToken(line);
    if (token === undefined) return { kind: "malformed" };
    return { kind: "token", token, rest: bytes.subarray(end + 1) };
  }
}
