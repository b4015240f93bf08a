/**
 * Framing of the query port: one JSON object, no length prefix, no delimiter, possibly split
 * over many segments. The end is found by counting brackets outside strings, one look per byte,
 * so a client that sends byte by byte costs no more than one that sends at once.
 */

/** Largest request in bytes. Real queries are under 1 KiB; this bounds memory per connection. */
export const MAX_REQUEST_BYTES = 65_536;

/** What is known after some bytes. `complete.body` is the JSON text in bytes. */
export type Framing =
  | { readonly kind: "more" }
  | { readonly kind: "complete"; readonly body: Uint8Array }
  | { readonly kind: "empty" }
  | { readonly kind: "error"; readonly error: string };

const MORE: Framing = { kind: "more" };
const isSpace = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** Collects segments of one request. After any result but `more` it must not be used again. */
export class RequestFramer {
  readonly #maxBytes: number;
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;
  #depth = 0;
  #started = false;
  #inString = false;
  #escaped = false;

  /** `maxBytes`: largest request accepted, leading white space included. */
  constructor(maxBytes: number = MAX_REQUEST_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** Adds a segment. The framer keeps `chunk` until it is done: the caller hands it over. */
  push(chunk: Uint8Array): Framing {
    for (let at = 0; at < chunk.length; at++) {
      if (this.#bytes + at >= this.#maxBytes) return this.#tooLarge();
      const byte = chunk[at] ?? 0;
      if (!this.#started) {
        if (isSpace(byte)) continue;
        if (byte !== 0x7b) return { kind: "error", error: "Invalid JSON: expected an object" };
        this.#started = true;
        this.#depth = 1;
      } else if (this.#step(byte)) {
        return this.#complete(chunk, at + 1);
      }
    }
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    return MORE;
  }

  /** The sender is done: what it sent so far was not a whole request. */
  end(): Framing {
    if (!this.#started) return { kind: "empty" };
    return { kind: "error", error: "Incomplete JSON request" };
  }

  /** True when this byte closes the outermost object. */
  #step(byte: number): boolean {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (byte === 0x5c) this.#escaped = true;
      else if (byte === 0x22) this.#inString = false;
    } else if (byte === 0x22) this.#inString = true;
    else if (byte === 0x7b || byte === 0x5b) this.#depth++;
    else if (byte === 0x7d || byte === 0x5d) this.#depth--;
    return this.#depth === 0;
  }

  #complete(chunk: Uint8Array, length: number): Framing {
    for (let at = length; at < chunk.length; at++) {
      if (!isSpace(chunk[at] ?? 0)) {
        return { kind: "error", error: "Invalid JSON: trailing characters after the object" };
      }
    }
    // Most requests come in one piece.
    if (this.#chunks.length === 0) return { kind: "complete", body: chunk.subarray(0, length) };
    const body = new Uint8Array(this.#bytes + length);
    let offset = 0;
    for (const part of this.#chunks) {
      body.set(part, offset);
      offset += part.length;
    }
    body.set(chunk.subarray(0, length), offset);
    return { kind: "complete", body };
  }

  #tooLarge(): Framing {
    return { kind: "error", error: `Query exceeds ${this.#maxBytes} bytes` };
  }
}
