import type { EventLog, NumberedEvent } from "./event-log.ts";
import type { DirectorEvent } from "./event-schemas.ts";

/** Readers at a time. Each costs up to `MAX_BUFFERED_BYTES`; people and dashboards are few. */
export const MAX_STREAMS = 32;
/**
 * Bytes that wait for one reader, beyond what the kernel takes. A reader that is this far behind
 * (some 1,000 events) is cut off: it comes back with Last-Event-ID, or misses some.
 */
export const MAX_BUFFERED_BYTES = 256 * 1024;
/** Comments between events, so that proxies keep a quiet stream open. Milliseconds. */
const KEEP_ALIVE_MS = 15_000;

/** The part of an HTTP response that a stream needs. */
export interface StreamTarget {
  writeHead(status: number, headers: Record<string, string>): unknown;
  write(text: string): boolean;
  /** Bytes that the kernel has not taken yet. */
  readonly writableLength: number;
  destroy(): unknown;
  once(event: "close", listener: () => void): unknown;
}

/** Where a reader begins. */
export interface StreamStart {
  /** `Last-Event-ID` of a reader that comes back. */
  readonly lastEventId: string | undefined;
  /** Last events that a new reader gets first. */
  readonly recent: number;
}

/** Events as Server-Sent Events (HTML standard, section 9.2) to several readers. */
export class EventStreams {
  readonly #log: EventLog;
  readonly #run: string;
  readonly #onDropped: () => void;
  #open = 0;

  /**
   * `run` is different after each start of the director: event ids are `<run>-<number>`.
   * `onDropped` hears of each reader that was too slow.
   */
  constructor(log: EventLog, run: string, onDropped: () => void) {
    this.#log = log;
    this.#run = run;
    this.#onDropped = onDropped;
  }

  /** True while there is no room for another reader. */
  get full(): boolean {
    return this.#open >= MAX_STREAMS;
  }

  /** Takes a reader in; the stream runs until either side ends it. */
  start(target: StreamTarget, start: StreamStart): void {
    this.#open++;
    target.writeHead(200, {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      // nginx holds a response back unless told not to.
      "x-accel-buffering": "no",
    });
    target.write("retry: 1000\n\n");
    for (const text of this.#backlog(start)) target.write(text);
    const unsubscribe = this.#log.subscribe((entry) => {
      if (target.writableLength < MAX_BUFFERED_BYTES) {
        target.write(this.#frame(entry));
        return;
      }
      this.#onDropped();
      target.destroy();
      end();
    });
    const keepAlive = setInterval(() => target.write(": still here\n\n"), KEEP_ALIVE_MS);
    keepAlive.unref();
    let ended = false;
    const end = () => {
      if (ended) return;
      ended = true;
      this.#open--;
      clearInterval(keepAlive);
      unsubscribe();
    };
    target.once("close", end);
  }

  *#backlog({ lastEventId, recent }: StreamStart): Generator<string> {
    const { last } = this.#log;
    if (lastEventId === undefined) {
      for (const entry of this.#log.after(last - recent)) yield this.#frame(entry);
      return;
    }
    const [, run, digits] = /^(.+)-(\d+)$/.exec(lastEventId) ?? [];
    const known = run === this.#run && Number(digits) <= last ? Number(digits) : undefined;
    const entries = this.#log.after(known ?? 0);
    const missed = known === undefined ? null : last - known - entries.length;
    if (missed !== 0) {
      const at = new Date().toISOString();
      yield frame({ at, kind: "events_missed", count: missed });
    }
    for (const entry of entries) yield this.#frame(entry);
  }

  #frame({ number, event }: NumberedEvent): string {
    return `id: ${this.#run}-${number}\n${frame(event)}`;
  }
}

/** JSON has no line breaks, so an event is one `data` line. */
const frame = (event: DirectorEvent) => `data: ${JSON.stringify(event)}\n\n`;
