import { DEFAULT_MAGIC_HEX, parseMagic } from "../protocol/control-packet.ts";
import type { ClientSocket, Session } from "./session.ts";
import type { SessionTableOptions } from "./session-options.ts";
import type { Ingress, SessionExecutor, SessionObserver } from "./session-ports.ts";
import { SessionTable } from "./session-table.ts";
import { type BackendTarget, makeTarget } from "./target.ts";

/** Test support: an executor that writes down, in order, everything the table does. */

const clientOf = (session: Session<unknown>) => `${session.clientAddress}:${session.clientPort}`;
const textOf = (payload: Uint8Array) => Buffer.from(payload).toString("latin1");

/** A place a backend packet can come from: one (session, generation, data port). */
export interface Upstream {
  readonly session: Session<number>;
  readonly generation: number;
  readonly dataPort: string;
  readonly backend: string;
}

/** Executor and observer in one; `log` has one line an effect. */
export class Recorder implements SessionExecutor<number>, SessionObserver {
  log: string[] = [];
  readonly upstreams: Upstream[] = [];

  /** The effects since the last call. */
  take(): string[] {
    const log = this.log;
    this.log = [];
    return log;
  }

  openSession(session: Session<number>): void {
    this.log.push(`open ${clientOf(session)} -> ${session.target.key}`);
  }

  forwardToBackend(session: Session<number>, ingress: Ingress, port: number, payload: Uint8Array) {
    const backend = `${session.target.address}:${port}`;
    const { generation } = session;
    this.upstreams.push({ session, generation, dataPort: ingress.dataPort, backend });
    this.log.push(`backend ${clientOf(session)} ${backend} ${textOf(payload)}`);
  }

  forwardToClient(session: Session<number>, dataPort: string, payload: Uint8Array): void {
    this.log.push(`client ${clientOf(session)} ${dataPort} ${textOf(payload)}`);
  }

  retarget(session: Session<number>, previous: BackendTarget): void {
    this.log.push(`retarget ${clientOf(session)} ${previous.key} -> ${session.target.key}`);
  }

  rebind(session: Session<number>, ingress: Ingress): void {
    this.log.push(`rebind ${clientOf(session)} ${ingress.dataPort}`);
  }

  closeSession(session: Session<number>): void {
    this.log.push(`close ${clientOf(session)}`);
  }

  challenge(_ingress: Ingress, address: string, port: number, cookie: Uint8Array): void {
    this.log.push(`challenge ${address}:${port} ${textOf(cookie)}`);
  }

  sessionOpened(session: Session<unknown>): void {
    this.log.push(`opened ${session.origin}`);
  }

  sessionRetargeted(_session: Session<unknown>, cause: string): void {
    this.log.push(`retargeted ${cause}`);
  }

  clientMoved(_session: Session<unknown>, previous: ClientSocket): void {
    this.log.push(`moved from ${previous.address}:${previous.port}`);
  }

  sessionClosed(_session: Session<unknown>, reason: string): void {
    this.log.push(`closed ${reason}`);
  }

  tokenLookup(hit: boolean): void {
    this.log.push(hit ? "hit" : "miss");
  }

  packetDropped(reason: string, source: string): void {
    this.log.push(`drop ${reason} ${source}`);
  }
}

export const MAGIC = parseMagic(DEFAULT_MAGIC_HEX);

/** The nth token, for tests. */
export const tokenNumber = (n: number) =>
  `00000000-0000-4000-8000-${n.toString().padStart(12, "0")}`;

export const bytes = (text: string) => Buffer.from(text, "latin1");

/** A control packet with any remainder. */
export const reset = (rest: string) => Buffer.concat([MAGIC, bytes(rest)]);

/** A target on data ports `game` and, unless `one`, `voice`. */
export const target = (address: string, one = false) =>
  makeTarget(
    address,
    one
      ? [["game", 5000]]
      : [
          ["game", 5000],
          ["voice", 6000],
        ],
    `pod/default/${address}`,
  );

/** A table with small numbers (times are plain units), its recorder and its default endpoint. */
export function makeTable(options: Partial<SessionTableOptions> = {}) {
  const recorder = new Recorder();
  const defaults: { target: BackendTarget | undefined } = { target: undefined };
  const table = new SessionTable<number>(
    {
      magic: MAGIC,
      sessionTimeoutMs: 300,
      maxSessions: 4,
      tokenTtlMs: 30,
      maxTokens: 3,
      ...options,
    },
    recorder,
    recorder,
    { choose: () => defaults.target },
  );
  return { table, recorder, defaults };
}

export const GAME: Ingress = { dataPort: "game" };
export const VOICE: Ingress = { dataPort: "voice" };
