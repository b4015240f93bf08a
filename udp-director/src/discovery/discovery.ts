import type { ResourceSource } from "../selection/selector.ts";
import type { ChangeListener } from "./changes.ts";

/** Backends that may get new sessions, by type and namespace, for metrics. */
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
  /** Tells of backends that come, drain and go from now on; returns what ends that. */
  onChange(listener: ChangeListener): () => void;
  close(): Promise<void>;
}

/** What a problem is about: `discovery_<this>` is the error type in the metrics. */
export const DISCOVERY_PROBLEMS = ["file", "dns", "kubernetes"] as const;
export type DiscoveryProblem = (typeof DISCOVERY_PROBLEMS)[number];

/** What went well or wrong, one line each, for the log and `errors_total`. */
export interface DiscoveryReporter {
  info(message: string): void;
  problem(kind: DiscoveryProblem, message: string): void;
  /** A request to the Kubernetes API was answered, or not, after `seconds`. */
  apiRequest(resourceType: string, ok: boolean, seconds: number): void;
}
