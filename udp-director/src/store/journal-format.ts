import { crc32 } from "node:zlib";
import { socketName } from "../sessions/session.ts";
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

const checksum = (bytes: string | Uint8Array) => crc32(bytes).toString(16).padStart(8, "0");

/** The line of a change. */
export function encodeLine(change: StoreChange): string {
  const text = KINDS[change.kind] + body(change);
  return `${checksum(text)} ${text}\n`;
}

/** Reads a journal in pieces of any size. Never throws, whatever the bytes. */
export class JournalReader {
  readonly #reader = new SessionReader();
  readonly #sessions = new Map<string, SessionRecord>();
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
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : Buffer.from(chunk);
    let start = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      if (this.#skipping) this.#skipping = false;
      else if (end - start > MAX_LINE_BYTES || !this.#line(bytes.subarray(start, end))) {
        this.#damaged++;
      }
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

  #line(bytes: Buffer): boolean {
    const line = bytes.toString();
    if (!line.startsWith(`${checksum(bytes.subarray(9))} `)) return false;
    const kind = line[9];
    const text = line.slice(10);
    if (kind === KINDS.session) {
      const record = this.#reader.read(text);
      if (record) this.#sessions.set(socketName(record), record);
      return record !== undefined;
    }
    const json = parseObject(text);
    if (json === undefined) return false;
    const client = readClient(json);
    const name = client && socketName(client);
    switch (kind) {
      case KINDS.active: {
        if (name === undefined || !isTime(json.l)) return false;
        const known = this.#sessions.get(name);
        if (known) this.#sessions.set(name, { ...known, activeAt: json.l });
        return true;
      }
      case KINDS.ended:
        if (name === undefined) return false;
        this.#sessions.delete(name);
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
