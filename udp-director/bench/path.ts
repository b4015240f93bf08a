import type { Site } from "./site.ts";

/** What forwards, once it is started. */
export interface Running {
  /** Where clients send. */
  readonly to: readonly [address: string, port: number];
  /** Its process; undefined for routing. */
  readonly pid?: number | undefined;
  stop(): Promise<void>;
}

/** One thing that is measured. */
export interface Path {
  readonly name: string;
  /** As it says itself. */
  readonly version: string;
  /** Most sessions at a time that it is asked for. */
  readonly maxSessions: number;
  start(site: Site): Promise<Running>;
}

/** A socket each, towards one backend from one address: the ports that Linux gives are 28,232. */
export const SOCKETS = 10_000;
export const MANY = 100_000;
