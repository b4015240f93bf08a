import type { TestContext } from "node:test";
import type { DirectorEvent } from "../admin/events/event-schemas.ts";
import { EventParser, readEvents } from "../admin/page/event-source.js";

/** Test support: a reader of a director's events that keeps what it has heard. */
export interface HeardEvents {
  readonly all: readonly DirectorEvent[];
  /** For `Last-Event-ID`. */
  lastId(): string;
  /** Resolves with the first event that passes, heard already or later; rejects after 10 s. */
  find(passes: (event: DirectorEvent) => boolean): Promise<DirectorEvent>;
  close(): void;
}

/** Opens the stream; the test ends it. */
export async function hearEvents(
  t: TestContext,
  base: string,
  headers: Record<string, string> = {},
  query = "",
): Promise<HeardEvents> {
  const abort = new AbortController();
  t.after(() => abort.abort());
  const response = await fetch(`${base}/v1/events${query}`, { headers, signal: abort.signal });
  if (!response.ok || response.body === null) throw new Error(`${response.status}`);
  const parser = new EventParser();
  const all: DirectorEvent[] = [];
  const waiting = new Set<() => void>();
  void readEvents(response.body, parser, (events) => {
    all.push(...events);
    for (const wake of waiting) wake();
  }).catch(() => undefined);
  return {
    all,
    lastId: () => parser.lastId,
    close: () => abort.abort(),
    find: (passes) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = all.find(passes);
          if (found === undefined) return;
          waiting.delete(look);
          clearTimeout(timer);
          resolve(found);
        };
        const timer = setTimeout(() => {
          waiting.delete(look);
          reject(new Error(`not among ${JSON.stringify(all)}`));
        }, 10_000);
        waiting.add(look);
        look();
      }),
  };
}
