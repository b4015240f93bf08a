import { setTimeout as pause } from "node:timers/promises";
import { ApiStatusError, type KubernetesApi, type WatchEvent } from "./api.ts";
import { backoffMs } from "./backoff.ts";
import { type Collection, collectionPath } from "./collection.ts";
import { fields, type KubernetesObject, readObject } from "./object.ts";

/** What becomes of a collection's objects. Calls come in the order of the API server's events. */
export interface ReflectorSink {
  /** The whole collection as of now: objects that are not in it are gone. */
  replace(objects: readonly KubernetesObject[]): void;
  put(object: KubernetesObject): void;
  remove(object: KubernetesObject): void;
  /** A page of a list has come, or the answer of a watch has begun: or neither, after `seconds`. */
  requested(kind: "list" | "watch", ok: boolean, seconds: number): void;
  /** A watch has begun: from here on the copy follows the API server. */
  watching(): void;
  /** A try failed. It goes on by itself after `retryMs` milliseconds. */
  failed(error: unknown, retryMs: number): void;
}

/** What a reflector needs from outside. */
export interface ReflectorOptions {
  readonly api: KubernetesApi;
  readonly collection: Collection;
  readonly sink: ReflectorSink;
  /** Milliseconds after which the list is read anew. */
  readonly resyncMs: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** 0..1, 1 excluded. */
  readonly random: () => number;
}

/** Objects in one answer of a list: bounds the size of an answer, not of the collection. */
const PAGE = "500";
/** A watch is asked to end after this, and cut a little later. Seconds, as client-go's shortest. */
const WATCH_SECONDS = 300;
/** A watch that a dead connection holds up is cut this long after its end. Milliseconds. */
const OVERDUE_MS = 15_000;
/** Longest that one page of a list may take. Milliseconds. */
const LIST_MS = 60_000;
/** A watch that lived this long was no failure, however it ended. Milliseconds. */
const HEALTHY_MS = 5_000;

/**
 * Keeps a copy of a collection up to date: lists it, watches from there on, goes on from the last
 * version when a watch ends, lists again when that version is too old (410 Gone) or the list is
 * older than `resyncMs`, and tries again with growing waits when anything fails, for ever.
 * Source: Kubernetes API Concepts, "Efficient detection of changes", "410 Gone responses".
 */
export class Reflector {
  readonly #options: ReflectorOptions;
  readonly #path: string;
  readonly #closed = new AbortController();
  #version: string | undefined;
  #listedAt = 0;
  #failures = 0;

  constructor(options: ReflectorOptions) {
    this.#options = options;
    this.#path = collectionPath(options.collection);
  }

  /** Runs until `close`; never rejects. Call once. */
  async run(): Promise<void> {
    const { now, random, sink, resyncMs } = this.#options;
    const { signal } = this.#closed;
    while (!signal.aborted) {
      const startedAt = now();
      try {
        if (this.#version === undefined || now() - this.#listedAt >= resyncMs) await this.#list();
        await this.#watch();
        // A server that ends watches at once must not be asked without a pause.
        if (now() - startedAt >= HEALTHY_MS) this.#failures = 0;
        else await this.#wait(backoffMs(1, random()));
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof ApiStatusError && error.status === 410) this.#version = undefined;
        if (now() - startedAt >= HEALTHY_MS) this.#failures = 0;
        this.#failures++;
        const retryMs = backoffMs(this.#failures, random());
        sink.failed(error, retryMs);
        await this.#wait(retryMs);
      }
    }
  }

  close(): void {
    this.#closed.abort();
  }

  async #wait(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.#closed.signal, ref: false }).catch(() => undefined);
  }

  async #list(): Promise<void> {
    const objects: KubernetesObject[] = [];
    let token = "";
    do {
      const more = token === "" ? {} : { continue: token };
      const { items, metadata } = fields(await this.#page({ limit: PAGE, ...more }));
      const { resourceVersion, continue: next } = fields(metadata);
      if (!Array.isArray(items) || typeof resourceVersion !== "string") {
        throw new Error("the answer is no list of Kubernetes objects");
      }
      for (const item of items) {
        const object = readObject(item);
        if (object !== undefined) objects.push(object);
      }
      this.#version = resourceVersion;
      token = typeof next === "string" ? next : "";
    } while (token !== "");
    this.#listedAt = this.#options.now();
    this.#options.sink.replace(objects);
  }

  #page(parameters: Record<string, string>): Promise<unknown> {
    const signal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(LIST_MS)]);
    return this.#measured("list", () => this.#options.api.get(this.#path, parameters, signal));
  }

  async #measured<T>(kind: "list" | "watch", request: () => Promise<T>): Promise<T> {
    const { now, sink } = this.#options;
    const startedAt = now();
    let ok = false;
    try {
      const value = await request();
      ok = true;
      return value;
    } finally {
      if (!this.#closed.signal.aborted) sink.requested(kind, ok, (now() - startedAt) / 1000);
    }
  }

  async #watch(): Promise<void> {
    const { api, random, resyncMs, sink } = this.#options;
    // Different for each watch, so that thousands of them do not end together.
    const longest = Math.min(WATCH_SECONDS, resyncMs / 1000);
    const seconds = Math.ceil(longest / 2 + (longest / 2) * random());
    const parameters = {
      watch: "true",
      allowWatchBookmarks: "true",
      resourceVersion: this.#version ?? "",
      timeoutSeconds: `${seconds}`,
    };
    const overdue = AbortSignal.timeout(seconds * 1000 + OVERDUE_MS);
    const signal = AbortSignal.any([this.#closed.signal, overdue]);
    const lines = await this.#measured("watch", () => api.stream(this.#path, parameters, signal));
    sink.watching();
    for await (const line of lines) this.#apply(line as WatchEvent);
  }

  #apply({ type, object: value }: WatchEvent): void {
    const { sink } = this.#options;
    if (type === "ERROR") {
      const { code, message } = fields(value);
      throw new ApiStatusError(typeof code === "number" ? code : 500, String(message));
    }
    const { resourceVersion } = fields(fields(value).metadata);
    const object = readObject(value);
    if (object !== undefined) {
      if (type === "ADDED" || type === "MODIFIED") sink.put(object);
      else if (type === "DELETED") sink.remove(object);
    }
    // After the event was applied: who goes on from this version has seen it.
    if (typeof resourceVersion === "string") this.#version = resourceVersion;
  }
}
