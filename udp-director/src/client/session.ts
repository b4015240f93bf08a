import { lookup } from "node:dns/promises";
import type { Socket } from "node:net";
import { readAck } from "../protocol/ack-packet.ts";
import { DEFAULT_MAGIC_HEX, parseMagic } from "../protocol/control-packet.ts";
import { DirectorConnection } from "./connection.ts";
import { DirectorUnreachable, type Grant, type Query, type QueryTarget, query } from "./query.ts";
import { DEFAULT_RULES, Reconnect, type ReconnectRules } from "./reconnect.ts";
import { openStream } from "./stream.ts";

/** What has become of a session. */
export type SessionChange =
  /** It has been given a backend: at first, and after each recovery. */
  | { readonly state: "up"; readonly grant: Grant }
  /** It is in trouble; the next try comes after `waitMs`. */
  | { readonly state: "reconnecting"; readonly why: string; readonly waitMs: number }
  /** All tries are used up; `reconnect` begins anew. */
  | { readonly state: "given-up"; readonly why: string };

/** How a session is opened and kept. */
export interface SessionOptions {
  /** The director's query port. */
  readonly director: QueryTarget;
  /** The backend that is wanted, now and after each loss. */
  readonly wanted: Query;
  /**
   * Name or number of the data port for packets. Left out: the first that the director names,
   * else 7777.
   */
  readonly dataPort?: string | number;
  /** Must equal the director's controlPacketMagicBytes. Left out: FFFFFFFF5245534554. */
  readonly magicHex?: string;
  /**
   * Keeps NAT mappings open while nothing else is sent. The payload goes to the backend. Left
   * out: an empty packet; no keepalive without `everyMs`.
   */
  readonly keepalive?: { readonly everyMs: number; readonly payload?: Uint8Array | string };
  /** When a session is lost and how it is won back. What is left out is as DEFAULT_RULES say. */
  readonly reconnect?: Partial<Omit<ReconnectRules, "keepaliveMs">>;
  readonly onPacket: (payload: Buffer) => void;
  readonly onChange?: (change: SessionChange) => void;
}

/**
 * A session that looks after itself: it notices that the director was restarted, that the backend
 * is silent or that nobody listens, and asks for a backend again, after waits that grow and are
 * spread at random. It keeps its UDP socket, so a director that still has the session moves it.
 */
export class DirectorSession {
  readonly #options: SessionOptions;
  readonly #magic: Uint8Array;
  readonly #rules: ReconnectRules;
  #wanted: Query;
  #grant: Grant;
  #connection: DirectorConnection | undefined;
  #watch: Reconnect;
  #timer: NodeJS.Timeout | undefined;
  #why = "";
  #closed = false;

  private constructor(options: SessionOptions, grant: Grant) {
    const { keepalive, magicHex = DEFAULT_MAGIC_HEX, reconnect, wanted } = options;
    this.#options = options;
    this.#magic = parseMagic(magicHex);
    this.#rules = { ...DEFAULT_RULES, ...reconnect, keepaliveMs: keepalive?.everyMs };
    this.#wanted = wanted;
    this.#grant = grant;
    this.#watch = new Reconnect(this.#rules, performance.now());
  }

  /** Asks for a token and opens the session. Rejects like `query`; does not try again. */
  static async open(options: SessionOptions): Promise<DirectorSession> {
    const grant = await query(options.director, options.wanted);
    const session = new DirectorSession(options, grant);
    await session.#take(grant);
    return session;
  }

  /** The token that opened or last moved the session. */
  get token(): string {
    return this.#grant.token;
  }

  /** This side's UDP port. */
  get localPort(): number {
    return this.#connection?.localPort ?? 0;
  }

  /** Sends a packet to the session's backend; one that is sent in trouble may be lost. */
  send(payload: Uint8Array | string): void {
    if (this.#closed) return;
    this.#connection?.send(payload);
    this.#watch.sent(performance.now());
    this.#schedule();
  }

  /** Moves the session to another backend, which is also what it asks for after a loss. */
  async move(wanted: Query): Promise<Grant> {
    const grant = await query(this.#options.director, wanted);
    this.#wanted = wanted;
    await this.#take(grant);
    return grant;
  }

  /** Opens a connection of this session to a TCP data port. Rejects with DirectorUnreachable. */
  async stream(dataPort: string): Promise<Socket> {
    const { director, magicHex } = this.#options;
    const port = this.#grant.directorPorts?.[dataPort];
    if (port === undefined) {
      throw new DirectorUnreachable(`the director names no data port ${dataPort}`);
    }
    const { host } = director;
    return openStream({ host, port, token: this.token, ...(magicHex ? { magicHex } : {}) });
  }

  /** Begins to ask anew, within the first wait, also after all tries were used up. */
  reconnect(): void {
    if (this.#closed || this.#watch.state === "asking") return;
    this.#watch = new Reconnect(this.#rules, performance.now());
    this.#trouble("asked to");
  }

  /** Ends it on this side; the director's session ends when it is idle. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#connection?.close();
  }

  #packet(payload: Buffer): void {
    if (this.#closed) return;
    const before = this.#watch.state;
    if (readAck(payload, this.#magic) !== undefined) this.#watch.acknowledged();
    else {
      this.#watch.received();
      this.#options.onPacket(payload);
    }
    if (before === "waiting" && this.#watch.state === "up") {
      this.#tell({ state: "up", grant: this.#grant });
    }
    this.#schedule();
  }

  #socketFailed(error: Error): void {
    if (!this.#closed && this.#watch.state === "up") this.#trouble(error.message);
  }

  #trouble(why: string): void {
    this.#why = why;
    const now = performance.now();
    this.#watch.failed(now, Math.random());
    this.#tellTrouble(now);
    this.#schedule();
  }

  #tellTrouble(now: number): void {
    const { state, nextAt = now } = this.#watch;
    if (state === "given-up") this.#tell({ state, why: this.#why });
    else this.#tell({ state: "reconnecting", why: this.#why, waitMs: Math.max(0, nextAt - now) });
  }

  #tell(change: SessionChange): void {
    this.#options.onChange?.(change);
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const { nextAt } = this.#watch;
    if (this.#closed || nextAt === undefined) return;
    const ms = Math.max(0, Math.ceil(nextAt - performance.now()));
    this.#timer = setTimeout(() => this.#look(), ms);
    this.#timer.unref();
  }

  #look(): void {
    const now = performance.now();
    const before = this.#watch.state;
    if (before === "up") this.#why = "no answer from the backend";
    if (before === "confirming") this.#why = "the director does not acknowledge the token";
    const due = this.#watch.due(now, Math.random());
    const inTrouble = this.#watch.state === "waiting" || due === "query" || due === "give-up";
    if (inTrouble && before !== "waiting") this.#tellTrouble(now);
    if (due === "keepalive") this.#connection?.send(this.#options.keepalive?.payload ?? "");
    if (due === "token") this.#connection?.reset(this.token);
    if (due === "query") void this.#ask();
    this.#schedule();
  }

  async #ask(): Promise<void> {
    try {
      await this.#take(await query(this.#options.director, this.#wanted));
    } catch (error) {
      if (!this.#closed) this.#trouble((error as Error).message);
    }
  }

  /** Sends a new token from the socket that there is, unless the director is elsewhere now. */
  async #take(grant: Grant): Promise<void> {
    const { host } = this.#options.director;
    const { address } = await lookup(host).catch((error: Error) => {
      throw new DirectorUnreachable(`cannot resolve ${host}: ${error.message}`);
    });
    const dataPort = dataPortOf(this.#options, grant);
    if (this.#closed) return;
    const remote = this.#connection?.remote;
    if (remote?.address !== address || remote.port !== dataPort) {
      const { magicHex } = this.#options;
      const next = await DirectorConnection.open({
        ...{ host: address, dataPort },
        ...(magicHex === undefined ? {} : { magicHex }),
        onPacket: (payload) => this.#packet(payload),
        onError: (error) => this.#socketFailed(error),
      });
      if (this.#closed) return next.close();
      this.#connection?.close();
      this.#connection = next;
    }
    this.#grant = grant;
    this.#connection?.reset(grant.token);
    this.#watch.granted(performance.now());
    this.#tell({ state: "up", grant });
    this.#schedule();
  }
}

function dataPortOf({ dataPort }: SessionOptions, { directorPorts = {} }: Grant): number {
  if (typeof dataPort === "number") return dataPort;
  const port = dataPort === undefined ? Object.values(directorPorts)[0] : directorPorts[dataPort];
  if (port !== undefined) return port;
  if (dataPort === undefined) return 7777;
  throw new DirectorUnreachable(`the director names no data port ${dataPort}`);
}
