import type { Transport } from "../sessions/session.ts";
import type { BackendTarget } from "../sessions/target.ts";
import type { SessionRecord } from "./records.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const CLOSING = 0x7d;

/** The bytes of a text in ASCII, to compare with. */
const ascii = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const [ADDRESS, TOKEN, TARGET] = ['{"a":"', ',"k":"', ',"t":'].map(ascii) as [
  ...[Uint8Array, Uint8Array, Uint8Array],
];
const [PORT, TCP_PORT, CAME_FROM, RANGE_PORT] = [',"p":', ',"tp":', ',"rp":', ',"d":'].map(
  ascii,
) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
const [CREATED, ACTIVE, SINCE] = [',"c":', ',"l":', ',"s":'].map(ascii) as [
  ...[Uint8Array, Uint8Array, Uint8Array],
];
const TRANSPORTS = (["udp", "tcp"] as const).map(
  (name) => [name, ascii(`,"n":"${name}"`)] as const,
);
const ORIGINS = (["token", "default", "range"] as const).map(
  (name) => [name, ascii(`,"o":"${name}"`)] as const,
);

/**
 * Reads what `sessionJson` writes from its bytes, in the order in which it writes it: `undefined`
 * for anything else, which may be a session all the same. For a hundred thousand lines, objects
 * of JSON that are looked through and thrown away are most of the work.
 */
export class SessionLine {
  readonly #targetOf: (text: string) => BackendTarget | undefined;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;

  /** `targetOf` reads what is after `"t":`. */
  constructor(targetOf: (text: string) => BackendTarget | undefined) {
    this.#targetOf = targetOf;
  }

  /** The bytes from `start` to `end`, which is not among them. */
  read(bytes: Buffer, start: number, end: number): SessionRecord | undefined {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    if (bytes[end - 1] !== CLOSING || !this.#takes(ADDRESS)) return undefined;
    const address = this.#text();
    let transport: Transport | undefined = "udp";
    let rangePort: number | undefined;
    let port: number | undefined;
    if (this.#takes(PORT)) port = this.#port();
    else if (this.#takes(TCP_PORT)) {
      transport = "tcp";
      port = this.#port();
    } else if (this.#takes(CAME_FROM)) {
      port = this.#port();
      rangePort = this.#takes(RANGE_PORT) ? this.#port() : undefined;
      if (rangePort === undefined) return undefined;
      transport = this.#oneOf(TRANSPORTS);
    }
    const origin = this.#oneOf(ORIGINS);
    let token: string | undefined;
    if (this.#takes(TOKEN)) {
      token = this.#text();
      if (token === undefined) return undefined;
    }
    const createdAt = this.#takes(CREATED) ? this.#whole() : undefined;
    const activeAt = this.#takes(ACTIVE) ? this.#whole() : undefined;
    const targetSince = this.#takes(SINCE) ? this.#whole() : undefined;
    if (address === undefined || port === undefined || transport === undefined) return undefined;
    if (origin === undefined || createdAt === undefined || activeAt === undefined) return undefined;
    if (targetSince === undefined || !this.#takes(TARGET)) return undefined;
    const target = this.#targetOf(bytes.toString("utf8", this.#at, end - 1));
    if (target === undefined) return undefined;
    return {
      address,
      port,
      transport,
      rangePort,
      origin,
      token,
      createdAt,
      activeAt,
      targetSince,
      target,
    };
  }

  /** Goes on behind these bytes if they are next. */
  #takes(expected: Uint8Array): boolean {
    if (this.#at + expected.length > this.#end) return false;
    for (let n = 0; n < expected.length; n++) {
      if (this.#bytes[this.#at + n] !== expected[n]) return false;
    }
    this.#at += expected.length;
    return true;
  }

  #oneOf<T>(all: readonly (readonly [T, Uint8Array])[]): T | undefined {
    for (const [value, bytes] of all) if (this.#takes(bytes)) return value;
    return undefined;
  }

  /** A text up to its quote, of ASCII that JSON does not escape. */
  #text(): string | undefined {
    const start = this.#at;
    for (let at = start; at < this.#end; at++) {
      const byte = this.#bytes[at] ?? 0;
      if (byte === QUOTE) {
        this.#at = at + 1;
        return this.#bytes.toString("latin1", start, at);
      }
      if (byte < 0x20 || byte > 0x7e || byte === BACKSLASH) return undefined;
    }
    return undefined;
  }

  /** A whole number of up to 15 digits, as JSON writes it. */
  #whole(): number | undefined {
    const start = this.#at;
    let value = 0;
    let at = start;
    for (; at < this.#end; at++) {
      const digit = (this.#bytes[at] ?? 0) - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    const digits = at - start;
    if (digits === 0 || digits > 15) return undefined;
    if (digits > 1 && this.#bytes[start] === 0x30) return undefined;
    this.#at = at;
    return value;
  }

  #port(): number | undefined {
    const value = this.#whole();
    return value !== undefined && value >= 1 && value <= 65_535 ? value : undefined;
  }
}
