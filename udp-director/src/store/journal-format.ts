import { crc32 } from "node:zlib";
import { ipv4Number } from "../protection/source.ts";
import { type ClientSocket, socketName } from "../sessions/session.ts";
import { socketKey } from "../sessions/session-index.ts";
import { crc32Of } from "./crc32.ts";
import {
  clientJson,
  isTime,
  type PortRecord,
  parseObject,
  portJson,
  readClient,
  readPort,
  readToken,
  type SessionRecord,
  type StoreChange,
  sessionJson,
  type TokenRecord,
  tokenJson,
} from "./records.ts";
import { SessionReader } from "./session-reader.ts";
import type { StoredState } from "./session-store.ts";

/**
 * The journal's lines: `<CRC-32 of the rest, 8 hex digits> <kind><JSON>\n`. A line stands for
 * itself, so damage costs the lines that it touches and no other.
 */

const KINDS = { session: "s", active: "a", ended: "e", token: "t", port: "p" } as const;

/** Longest line that is read, in bytes. Longer ones are damage: they bound the memory it takes. */
const MAX_LINE_BYTES = 65_536;

function body(change: StoreChange): string {
  switch (change.kind) {
    case "session":
      return sessionJson(change.record);
    case "active": {
      const { record } = change;
      return JSON.stringify({ ...clientJson(record), l: Math.round(record.activeAt) });
    }
    case "ended":
      return JSON.stringify(clientJson(change.client));
    case "token":
      return tokenJson(change.record);
    case "port":
      return portJson(change.port, change.given);
  }
}

/** Bytes before a line's kind: the checksum and a space. */
const HEAD_BYTES = 9;
const SESSION = KINDS.session.charCodeAt(0);

/** The line of a change. */
export function encodeLine(change: StoreChange): string {
  const text = KINDS[change.kind] + body(change);
  return `${crc32(text).toString(16).padStart(8, "0")} ${text}\n`;
}

/** Equal exactly for equal sockets. For most a number: a hundred thousand texts are work to compare. */
function keyOf(client: ClientSocket): string | number {
  const { address, port, transport, rangePort } = client;
  const number = rangePort === undefined ? ipv4Number(address) : undefined;
  return number === undefined ? socketName(client) : number * 131_072 + socketKey(port, transport);
}

/** Whether a line begins with the checksum of its rest. */
function isIntact(bytes: Uint8Array, start: number, end: number): boolean {
  let said = 0;
  for (let at = start; at < start + HEAD_BYTES - 1; at++) {
    const byte = bytes[at] ?? 0;
    // Lower case, as it is written.
    const digit = byte <= 0x39 ? byte - 0x30 : byte - 0x61 + 10;
    if (digit < 0 || digit > 15 || (byte > 0x39 && byte < 0x61)) return false;
    said = said * 16 + digit;
  }
  return bytes[start + HEAD_BYTES - 1] === 0x20 && said === crc32Of(bytes, start + HEAD_BYTES, end);
}

/** Reads a journal in pieces of any size. Never throws, whatever the bytes. */
export class JournalReader {
  readonly #reader = new SessionReader();
  readonly #sessions = new Map<string | number, SessionRecord>();
  readonly #tokens = new Map<string, TokenRecord>();
  readonly #ports = new Map<number, PortRecord>();
  #rest: Buffer = Buffer.alloc(0);
  #skipping = false;
  #damaged = 0;

  /** Lines that could not be read. */
  get damaged(): number {
    return this.#damaged;
  }

  push(chunk: Uint8Array): void {
    const { buffer, byteOffset, length } = chunk;
    const bytes =
      this.#rest.length > 0
        ? Buffer.concat([this.#rest, chunk])
        : Buffer.from(buffer, byteOffset, length);
    let start = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      if (this.#skipping) this.#skipping = false;
      else if (end - start > MAX_LINE_BYTES || !this.#line(bytes, start, end)) this.#damaged++;
      start = end + 1;
    }
    let rest = bytes.subarray(start);
    if (rest.length > MAX_LINE_BYTES) {
      if (!this.#skipping) this.#damaged++;
      this.#skipping = true;
      rest = Buffer.alloc(0);
    }
    this.#rest = Buffer.from(rest);
  }

  /** What the lines so far amount to. A last line without its end was never finished. */
  end(): StoredState {
    if (this.#rest.length > 0 && !this.#skipping) this.#damaged++;
    this.#rest = Buffer.alloc(0);
    return {
      sessions: [...this.#sessions.values()],
      tokens: [...this.#tokens.values()],
      ports: [...this.#ports.values()],
    };
  }

  #line(bytes: Buffer, start: number, end: number): boolean {
    const at = start + HEAD_BYTES;
    if (at >= end || !isIntact(bytes, start, end)) return false;
    if (bytes[at] === SESSION) {
      const record = this.#reader.readBytes(bytes, at + 1, end);
      if (record) this.#sessions.set(keyOf(record), record);
      return record !== undefined;
    }
    const kind = String.fromCharCode(bytes[at] ?? 0);
    const json = parseObject(bytes.toString("utf8", at + 1, end));
    if (json === undefined) return false;
    const client = readClient(json);
    const key = client && keyOf(client);
    switch (kind) {
      case KINDS.active: {
        if (key === undefined || !isTime(json.l)) return false;
        const known = this.#sessions.get(key);
        if (known) this.#sessions.set(key, { ...known, activeAt: json.l });
        return true;
      }
      case KINDS.ended:
        if (key === undefined) return false;
        this.#sessions.delete(key);
        return true;
      case KINDS.token: {
        const record = readToken(json);
        if (record) this.#tokens.set(record.token, record);
        return record !== undefined;
      }
      case KINDS.port: {
        const read = readPort(json);
        if (read?.given) this.#ports.set(read.port, read.given);
        else if (read) this.#ports.delete(read.port);
        return read !== undefined;
      }
      default:
        return false;
    }
  }
}
