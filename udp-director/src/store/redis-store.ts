import { randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import { type ClientSocket, socketName } from "../sessions/session.ts";
import { GatheredReads } from "./gathered-reads.ts";
import {
  clientJson,
  isText,
  parseObject,
  readClient,
  readToken,
  type SessionRecord,
  type StoreChange,
  sessionJson,
  type TokenRecord,
  tokenJson,
} from "./records.ts";
import { SessionReader } from "./session-reader.ts";
import type { Found, SessionStore, Snapshot, StoredState, StoreReporter } from "./session-store.ts";

/** What other directors on the same Redis did. */
export interface Peers {
  /** A session was opened, moved, or turned out to be newer than what was written here. */
  session(record: SessionRecord): void;
  /** Somebody ended a session. */
  ended(client: ClientSocket): void;
  token(record: TokenRecord): void;
}

/** Settings of a Redis store. Times in milliseconds. */
export interface RedisOptions {
  /** `redis://[user:password@]host:port/database`, or `rediss://` for TLS. */
  readonly url: string;
  /** Before every key, so that several installations can share a database. */
  readonly prefix: string;
  /** Life of a session's key after its last activity; may change. */
  readonly sessionMs: () => number;
  readonly lookUpMs: number;
  /** Milliseconds since 1970. */
  readonly wallNow: () => number;
  readonly peers: Peers;
  readonly report: StoreReporter;
}

/** Changes that wait at most, one for each session and token. */
const MAX_QUEUED = 200_000;
/** Changes in one round trip. */
const BATCH = 256;
/** A round trip that takes longer means that the connection is dead. */
const COMMAND_MS = 2000;
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 5000;

/**
 * Writes a session, and under its token where it is, unless the one there has a later target,
 * which it returns then.
 */
const SET_SESSION = `
local old = redis.call('GET', KEYS[1])
if old then
  local since = tonumber(string.match(old, '^(%d+) '))
  if since and since > tonumber(ARGV[1]) then return old end
end
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. ARGV[2], 'PX', ARGV[3])
if KEYS[2] then redis.call('SET', KEYS[2], ARGV[6], 'PX', ARGV[3]) end
if ARGV[5] ~= '' then redis.call('PUBLISH', ARGV[4], ARGV[5] .. ARGV[2]) end
return false`;

/** Writes a token unless the one there has been used and this one has not. */
const SET_TOKEN = `
if ARGV[4] == '' then
  local old = redis.call('GET', KEYS[1])
  if old and string.find(old, '"u":"', 1, true) then return false end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if ARGV[4] ~= '' then redis.call('PUBLISH', ARGV[3], ARGV[4] .. ARGV[1]) end
return false`;

const DELETE_SESSION = `
redis.call('DEL', KEYS[1])
redis.call('PUBLISH', ARGV[1], ARGV[2])
return false`;

/** Rejects when a promise takes longer. */
async function inTime<T>(promise: Promise<T>, ms: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("no answer in time")), ms);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

type Pending =
  | { readonly kind: "session"; readonly record: SessionRecord; readonly news: boolean }
  | { readonly kind: "token"; readonly record: TokenRecord }
  | { readonly kind: "delete"; readonly client: ClientSocket };

/**
 * Sessions and tokens in Redis or Valkey, shared by several directors. Keys: `<prefix>s:<address>
 * <port>`, `<prefix>t:<token>` and `<prefix>h:<token>` with the name of the session that the token
 * opened or last moved, all with a life; channel `<prefix>changes`. Only the latest change of each
 * waits, and one round trip is in flight at a time. Whenever the connection comes
 * back, everything is written again: what Redis lost, it gets again.
 */
export class RedisStore implements SessionStore {
  readonly #options: RedisOptions;
  readonly #reader = new SessionReader();
  readonly #reads = new GatheredReads(async (keys) => {
    const client = this.#client;
    if (client === undefined) throw new Error("not connected");
    return inTime(client.mget(keys), this.#options.lookUpMs);
  });
  readonly #instance = randomBytes(6).toString("hex");
  readonly #pending = new Map<string, Pending>();
  #snapshot: Snapshot = () => [];
  #rewrite: Iterator<StoreChange> | undefined;
  #client: Redis | undefined;
  #subscriber: Redis | undefined;
  #ready = false;
  #lost = false;
  #stale = false;
  #running: Promise<void> | undefined;
  #closed = false;
  #watch: NodeJS.Timeout | undefined;
  #connectingFor = 0;

  constructor(options: RedisOptions) {
    this.#options = options;
  }

  get queued(): number {
    return this.#pending.size;
  }

  get available(): boolean {
    return this.#ready;
  }

  /** Sessions are looked up when their clients send, so nothing is read. Waits a little for Redis. */
  async load(snapshot: Snapshot): Promise<StoredState> {
    this.#snapshot = snapshot;
    const { Redis: Client } = await import("ioredis");
    const { url } = this.#options;
    const client = new Client(url, {
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      connectTimeout: COMMAND_MS,
      retryStrategy: (attempt) =>
        Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt) * (0.5 + Math.random() / 2),
    });
    this.#client = client;
    const subscriber = client.duplicate({ enableOfflineQueue: true, maxRetriesPerRequest: null });
    this.#subscriber = subscriber;
    // Each loss is told once, by "close".
    for (const one of [client, subscriber]) one.on("error", () => undefined);
    subscriber.on("message", (_channel, text) => this.#heard(text));
    subscriber.on("ready", () => void subscriber.subscribe(this.#channel).catch(() => undefined));
    client.on("ready", () => this.#onReady());
    client.on("close", () => this.#onClose());
    this.#watch = setInterval(() => this.#onWatch(), 1000);
    this.#watch.unref();
    const { promise, resolve } = Promise.withResolvers<void>();
    const patience = setTimeout(resolve, COMMAND_MS);
    client.once("ready", resolve);
    client.once("close", resolve);
    void subscriber.connect().catch(() => undefined);
    void client.connect().catch(() => undefined);
    await promise;
    clearTimeout(patience);
    return { sessions: [], tokens: [] };
  }

  write(change: StoreChange): void {
    // Ports of ranges are one director's: a configuration with both is refused.
    if (this.#closed || change.kind === "port") return;
    if (change.kind === "token") {
      this.#queue(`t:${change.record.token}`, { kind: "token", record: change.record });
    } else if (change.kind === "ended") {
      const { client, idle } = change;
      const key = `s:${socketName(client)}`;
      // An idle session's key ends by itself; another director may know it to be live.
      if (idle) this.#pending.delete(key);
      else this.#queue(key, { kind: "delete", client });
    } else {
      const { record } = change;
      const key = `s:${socketName(record)}`;
      const before = this.#pending.get(key);
      const told = before?.kind === "session" && before.news;
      this.#queue(key, { kind: "session", record, news: told || change.kind === "session" });
    }
  }

  async lookUp(
    address: string,
    port: number | undefined,
    token: string | undefined,
  ): Promise<Found> {
    const client = this.#client;
    if (client === undefined || !this.#ready) throw new Error("not connected");
    const { lookUpMs, prefix } = this.#options;
    // No client has port 0.
    const keys = [`${prefix}s:${address} ${port ?? 0}`];
    if (token !== undefined) keys.push(`${prefix}t:${token}`, `${prefix}h:${token}`);
    const asked = performance.now();
    const [session, found, holder] = await this.#reads.read(keys);
    const tokenJson = found && parseObject(found);
    const elsewhere = holder && holder !== `s:${address} ${port}`;
    const left = lookUpMs - (performance.now() - asked);
    const held = elsewhere && (await inTime(client.get(prefix + holder), left));
    const holding = this.#session(held || undefined);
    return {
      session: this.#session(session),
      token: tokenJson ? readToken(tokenJson) : undefined,
      // The session may have used another token since.
      holder: holding?.token === token ? holding : undefined,
    };
  }

  async flush(): Promise<void> {
    while (this.#ready && (this.#pending.size > 0 || this.#rewrite)) await this.#pump();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, COMMAND_MS);
    await Promise.race([this.flush(), promise]);
    clearTimeout(timer);
    clearInterval(this.#watch);
    this.#ready = false;
    this.#client?.disconnect();
    this.#subscriber?.disconnect();
  }

  get #channel(): string {
    return `${this.#options.prefix}changes`;
  }

  #queue(key: string, pending: Pending): void {
    if (this.#pending.size >= MAX_QUEUED && !this.#pending.has(key)) {
      this.#options.report.error("dropped");
      this.#stale = true;
      return;
    }
    this.#pending.set(key, pending);
    if (this.#ready) void this.#pump();
  }

  #onReady(): void {
    if (this.#closed) return;
    if (this.#lost) this.#options.report.info("the store answers again; writing everything to it");
    this.#lost = false;
    this.#ready = true;
    this.#connectingFor = 0;
    this.#rewrite = this.#snapshot()[Symbol.iterator]();
    void this.#pump();
  }

  #onClose(): void {
    this.#ready = false;
    if (this.#closed || this.#lost) return;
    this.#lost = true;
    this.#options.report.error("connection");
    this.#options.report.warn("the store cannot be reached; sessions go on, trying again");
  }

  /** A server that accepts and then says nothing keeps a connection attempt alive for ever. */
  #onWatch(): void {
    this.#connectingFor = this.#ready ? 0 : this.#connectingFor + 1;
    const status = this.#client?.status;
    if (this.#connectingFor > 5 && (status === "connect" || status === "connecting")) {
      this.#connectingFor = 0;
      this.#client?.disconnect(true);
    }
  }

  #pump(): Promise<void> {
    this.#running ??= this.#drain().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #drain(): Promise<void> {
    while (this.#ready) {
      this.#refill();
      const batch: [string, Pending][] = [];
      for (const one of this.#pending) if (batch.push(one) === BATCH) break;
      if (batch.length === 0) return;
      for (const [key] of batch) this.#pending.delete(key);
      try {
        await this.#send(batch);
      } catch {
        this.#options.report.error("write");
        for (const [key, pending] of batch) {
          if (!this.#pending.has(key)) this.#pending.set(key, pending);
        }
        // Reconnecting is the one way back, whatever went wrong.
        if (this.#ready) {
          this.#ready = false;
          this.#client?.disconnect(true);
        }
      }
    }
  }

  /** Takes the next part of a rewrite; what waits already is newer. */
  #refill(): void {
    if (this.#stale && this.#rewrite === undefined && this.#pending.size === 0) {
      this.#stale = false;
      this.#rewrite = this.#snapshot()[Symbol.iterator]();
    }
    for (let n = 0; n < BATCH && this.#rewrite !== undefined; n++) {
      const { done, value } = this.#rewrite.next();
      if (done) this.#rewrite = undefined;
      else if (value.kind === "session") this.write({ kind: "active", record: value.record });
      else this.write(value);
    }
  }

  async #send(batch: readonly (readonly [string, Pending])[]): Promise<void> {
    const { prefix, sessionMs, wallNow, peers } = this.#options;
    const pipeline = this.#client?.pipeline();
    if (pipeline === undefined) return;
    const now = wallNow();
    const me = this.#instance;
    for (const [name, pending] of batch) {
      const key = prefix + name;
      if (pending.kind === "session") {
        const { record, news } = pending;
        const since = Math.round(record.targetSince);
        const life = Math.ceil(Math.max(1, record.activeAt + sessionMs() - now));
        const tell = news ? `${me} s ` : "";
        const text = sessionJson(record);
        const keys = record.token === undefined ? [key] : [key, `${prefix}h:${record.token}`];
        const args = [since, text, life, this.#channel, tell, name];
        pipeline.eval(SET_SESSION, keys.length, ...keys, ...args);
      } else if (pending.kind === "token") {
        const { record } = pending;
        const life = Math.ceil(Math.max(1, record.expiresAt - now));
        const tell = record.usedBy === undefined ? "" : `${me} t `;
        pipeline.eval(SET_TOKEN, 1, key, tokenJson(record), life, this.#channel, tell);
      } else {
        const text = `${me} e ${JSON.stringify(clientJson(pending.client))}`;
        pipeline.eval(DELETE_SESSION, 1, key, this.#channel, text);
      }
    }
    for (const [error, value] of (await inTime(pipeline.exec(), COMMAND_MS)) ?? []) {
      if (error) throw error;
      const newer = isText(value) ? this.#session(value) : undefined;
      if (newer) peers.session(newer);
    }
  }

  #heard(text: string): void {
    const [from = "", kind = ""] = text.split(" ", 2);
    if (from === this.#instance) return;
    const body = text.slice(from.length + kind.length + 2);
    const session = kind === "s" ? this.#reader.read(body) : undefined;
    if (session) this.#options.peers.session(session);
    const json = kind === "e" || kind === "t" ? parseObject(body) : undefined;
    if (json === undefined) return;
    const ended = kind === "e" ? readClient(json) : undefined;
    if (ended) {
      // What waits here would bring it back.
      this.#pending.delete(`s:${socketName(ended)}`);
      this.#options.peers.ended(ended);
    }
    const token = kind === "t" ? readToken(json) : undefined;
    if (token) this.#options.peers.token(token);
  }

  /** `<target since> <JSON>`. */
  #session(value: string | null | undefined): SessionRecord | undefined {
    return value ? this.#reader.read(value.slice(value.indexOf(" ") + 1)) : undefined;
  }
}
