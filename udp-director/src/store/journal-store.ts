import { copyFile, type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { setImmediate } from "node:timers/promises";
import { SettingError } from "../config/setting-error.ts";
import { encodeLine, JournalReader } from "./journal-format.ts";
import type { StoreChange } from "./records.ts";
import type { SessionStore, Snapshot, StoredState, StoreReporter } from "./session-store.ts";

/** Settings of a journal. */
export interface JournalOptions {
  readonly path: string;
  /** Longest time that a written change may not be on the disk. Milliseconds; 0: after each write. */
  readonly fsyncMs: number;
  readonly report: StoreReporter;
}

/** Bytes of changes that may wait for a slow disk; further ones are dropped until a rewrite. */
const MAX_QUEUED_BYTES = 64 * 1024 * 1024;
/** The file is rewritten when it has grown to this many times what was written at first. */
const GROWTH = 2;
/** Below this size a rewrite is not worth its while. Bytes. */
const MIN_REWRITE_BYTES = 4 * 1024 * 1024;
/** Changes of a rewrite that are prepared at a time: about a millisecond of work. */
const STEP = 500;
/** Bytes that are read at a time: about two milliseconds of work. */
const READ_BYTES = 256 * 1024;
const RETRY_MS = 1000;

/**
 * An append-only file of lines, rewritten when it has grown. One write is in flight at a time
 * and takes all that came meanwhile; what was handed to the system survives a kill -9, what was
 * synced survives a power cut. A rewrite goes to a new file that replaces the old one when it is
 * complete and synced. One director a file.
 */
export class JournalStore implements SessionStore {
  readonly #options: JournalOptions;
  #snapshot: Snapshot = () => [];
  #file: FileHandle | undefined;
  #pending: string[] = [];
  #pendingBytes = 0;
  #written = 0;
  #base = 0;
  #dirty = false;
  #rewrite = false;
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  /** Before that the file may be another director's, and nothing is written to it. */
  #loaded = false;
  #failing = false;

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  get queued(): number {
    return this.#pending.length;
  }

  get available(): boolean {
    return !this.#failing;
  }

  async load(snapshot: Snapshot): Promise<StoredState> {
    const { path, report } = this.#options;
    this.#snapshot = snapshot;
    const reader = new JournalReader();
    try {
      // Also creates it: a path that cannot be written is a mistake to be told at the start.
      const file = await open(path, "a+");
      try {
        const from = { start: 0, autoClose: false, highWaterMark: READ_BYTES };
        for await (const chunk of file.createReadStream(from)) reader.push(chunk);
      } finally {
        await file.close();
      }
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      throw new SettingError(`store.journal.path: cannot use ${path}: ${code}`);
    }
    const state = reader.end();
    if (reader.damaged > 0) {
      report.error("damaged", reader.damaged);
      const kept = `${path}.damaged`;
      // A copy: the file itself stays until the rewrite has replaced it.
      await copyFile(path, kept).catch(() => undefined);
      report.warn(`${path}: ${reader.damaged} damaged lines skipped; the file is kept as ${kept}`);
    }
    this.#loaded = true;
    this.#rewrite = true;
    this.#wake();
    return state;
  }

  write(change: StoreChange): void {
    if (this.#closed || !this.#loaded) return;
    if (this.#pendingBytes > MAX_QUEUED_BYTES) {
      this.#options.report.error("dropped");
      this.#rewrite = true;
      return;
    }
    const line = encodeLine(change);
    this.#pending.push(line);
    this.#pendingBytes += line.length;
    this.#wake();
  }

  async flush(): Promise<void> {
    while (this.#loaded) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      await (this.#running ?? this.#start(true));
      if (this.#failing || !(this.#dirty || this.#pending.length > 0)) return;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.flush();
    clearTimeout(this.#timer);
    await this.#file?.close().catch(() => undefined);
    this.#file = undefined;
  }

  #wake(): void {
    if (this.#running === undefined && !this.#failing) void this.#start(false);
  }

  #later(ms: number, sync: boolean): void {
    if (this.#timer !== undefined || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void (this.#running ?? this.#start(sync));
    }, ms);
    this.#timer.unref();
  }

  /** Writes until nothing is left to write. Never rejects. */
  #start(sync: boolean): Promise<void> {
    const run = async () => {
      // Everything of this turn of the event loop goes into one write.
      await setImmediate();
      try {
        if (this.#rewrite || this.#file === undefined) await this.#rewriteFile();
        while (this.#pending.length > 0) await this.#append(this.#take());
        if (this.#dirty && (sync || this.#options.fsyncMs === 0)) {
          this.#dirty = false;
          await this.#file?.datasync();
        }
        if (this.#failing) this.#options.report.info(`${this.#options.path}: writable again`);
        this.#failing = false;
      } catch (error) {
        await this.#fail(error);
      }
      this.#running = undefined;
      if (this.#failing) this.#later(RETRY_MS, sync);
      else if (this.#pending.length > 0) this.#wake();
      else if (this.#dirty) this.#later(this.#options.fsyncMs, true);
    };
    this.#running = run();
    return this.#running;
  }

  #take(): string {
    const text = this.#pending.join("");
    this.#pending = [];
    this.#pendingBytes = 0;
    return text;
  }

  async #append(text: string): Promise<void> {
    if (text === "") return;
    const bytes = Buffer.from(text);
    await this.#file?.appendFile(bytes);
    this.#written += bytes.length;
    this.#dirty = true;
    if (this.#written > Math.max(MIN_REWRITE_BYTES, GROWTH * this.#base)) await this.#rewriteFile();
  }

  /** The old file stays complete until the new one has replaced it. */
  async #rewriteFile(): Promise<void> {
    const { path } = this.#options;
    const fresh = await open(`${path}.new`, "w");
    let size = 0;
    const add = async (text: string, both: boolean) => {
      if (text === "") return;
      const bytes = Buffer.from(text);
      if (both && this.#file !== undefined) await this.#file.appendFile(bytes);
      await fresh.appendFile(bytes);
      size += bytes.length;
    };
    try {
      // From here on the new file has all: the snapshot, and every change since it began.
      this.#rewrite = false;
      let lines: string[] = [];
      for (const change of this.#snapshot()) {
        lines.push(encodeLine(change));
        if (lines.length < STEP) continue;
        await add(lines.join(""), false);
        lines = [];
        await add(this.#take(), true);
        await setImmediate();
      }
      await add(lines.join(""), false);
      await add(this.#take(), true);
      await fresh.datasync();
      await rename(`${path}.new`, path);
    } catch (error) {
      this.#rewrite = true;
      await fresh.close().catch(() => undefined);
      await rm(`${path}.new`, { force: true }).catch(() => undefined);
      throw error;
    }
    const old = this.#file;
    this.#file = fresh;
    this.#written = size;
    this.#base = size;
    await old?.close().catch(() => undefined);
    const folder = await open(dirname(path), "r");
    await folder.sync().finally(() => folder.close());
  }

  async #fail(error: unknown): Promise<void> {
    const { path, report } = this.#options;
    report.error("write");
    if (!this.#failing) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      report.warn(`${path}: cannot write (${code}); sessions go on, trying again every second`);
    }
    this.#failing = true;
    // A write may have been cut in its middle; the rewrite makes good for it.
    this.#rewrite = true;
    await this.#file?.close().catch(() => undefined);
    this.#file = undefined;
  }
}
