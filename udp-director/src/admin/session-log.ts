import { hostPort } from "../net/addresses.ts";
import { RateLimit } from "../protection/rate-limit.ts";
import type { ClientSocket, Session } from "../sessions/session.ts";
import type { CloseReason, RetargetCause, SessionObserver } from "../sessions/session-ports.ts";

/** Which sessions are logged, and how much at most. */
export interface SessionLogRules {
  /** Share of the sessions, 0..1. A session has all its lines or none. */
  readonly sample: number;
  readonly linesPerSecond: number;
}

/** What session lines need from outside. */
export interface SessionLogDependencies {
  readonly log: { info(fields: object, message: string): void };
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** Odd, and far from every power of two: neighbouring ids come out far apart. */
const SPREAD = 2_654_435_761;

/** True for the sessions of a sample: the same ids on every run, spread over all of them. */
export function isSampled(id: number, sample: number): boolean {
  return Math.imul(id, SPREAD) >>> 0 < sample * 2 ** 32;
}

const rateOf = ({ linesPerSecond }: SessionLogRules) =>
  new RateLimit(linesPerSecond, linesPerSecond, 1);

/**
 * A log line for each session that opens, moves, is resumed and ends, with its id. A flood of sessions must
 * not become a flood of lines: those over the rate are left out, and the next line says how many.
 */
export class SessionLog implements SessionObserver {
  #rules: SessionLogRules;
  readonly #dependencies: SessionLogDependencies;
  #rate: RateLimit;
  #leftOut = 0;

  constructor(rules: SessionLogRules, dependencies: SessionLogDependencies) {
    this.#rules = rules;
    this.#dependencies = dependencies;
    this.#rate = rateOf(rules);
  }

  /** Other rules for lines from now on. */
  apply(rules: SessionLogRules): void {
    if (rules.linesPerSecond !== this.#rules.linesPerSecond) this.#rate = rateOf(rules);
    this.#rules = rules;
  }

  sessionOpened(session: Session<unknown>): void {
    this.#line(session, { origin: session.origin }, "session opened");
  }

  sessionRetargeted(session: Session<unknown>, cause: RetargetCause): void {
    this.#line(session, { cause, moves: session.generation }, "session moved");
  }

  clientMoved(session: Session<unknown>, { address, port }: ClientSocket): void {
    this.#line(session, { previous: hostPort(address, port) }, "session resumed");
  }

  sessionClosed(session: Session<unknown>, reason: CloseReason, now: number): void {
    const seconds = Math.round(now - session.createdAt) / 1000;
    this.#line(session, { reason, seconds }, "session ended");
  }

  tokenLookup(): void {
    // Counted in metrics only.
  }

  packetDropped(): void {
    // Counted in metrics only.
  }

  #line(session: Session<unknown>, fields: object, message: string): void {
    if (!isSampled(session.id, this.#rules.sample)) return;
    if (!this.#rate.take(this.#dependencies.now(), "")) {
      this.#leftOut++;
      return;
    }
    const leftOut = this.#leftOut > 0 ? { linesLeftOut: this.#leftOut } : {};
    this.#leftOut = 0;
    const client = hostPort(session.clientAddress, session.clientPort);
    const known = { session: session.id, client, backend: session.target.resource };
    this.#dependencies.log.info({ ...known, ...fields, ...leftOut }, message);
  }
}

/** Tells several observers, in order. */
export function observers(...all: readonly SessionObserver[]): SessionObserver {
  return {
    sessionOpened: (session) => {
      for (const one of all) one.sessionOpened(session);
    },
    sessionRetargeted: (session, cause) => {
      for (const one of all) one.sessionRetargeted(session, cause);
    },
    clientMoved: (session, previous) => {
      for (const one of all) one.clientMoved(session, previous);
    },
    sessionClosed: (session, reason, now) => {
      for (const one of all) one.sessionClosed(session, reason, now);
    },
    tokenLookup: (hit) => {
      for (const one of all) one.tokenLookup(hit);
    },
    packetDropped: (reason, source) => {
      for (const one of all) one.packetDropped(reason, source);
    },
  };
}
