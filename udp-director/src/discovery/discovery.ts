import type { ResourceSource } from "../selection/selector.ts";

/** A backend list by type and namespace, for metrics. */
export interface ResourceCount {
  readonly resourceType: string;
  readonly namespace: string;
  readonly resources: number;
}

/**
 * Where backends come from. Implementations keep a list in memory and refresh it behind the
 * scenes: `list` never waits, so a query costs no request to anybody.
 *
 * Call order: `start` once, `list` and the rest at any time (empty before the first load),
 * `close` once. `start` returns after the first load attempt, whether or not it succeeded:
 * a source that is not there yet keeps `ready` false and is tried again.
 */
export interface Discovery extends ResourceSource {
  start(): Promise<void>;
  /** True once every source has been loaded. Stays true: the last good list is kept. */
  readonly ready: boolean;
  /** Resolves when `ready` turns true; never rejects. */
  readonly whenReady: Promise<void>;
  counts(): readonly ResourceCount[];
  close(): Promise<void>;
}

/** What went well or wrong, one line each, for the log and `errors_total`. */
export interface DiscoveryReporter {
  info(message: string): void;
  problem(kind: "file" | "dns", message: string): void;
}
