import type { ResourceQuery } from "../protocol/request.ts";
import type { Session } from "../sessions/session.ts";
import type { MoveCause } from "../sessions/session-ports.ts";
import type { BackendTarget } from "../sessions/target.ts";
import type { BackendState, Backends } from "./backends.ts";

/** What re-homing needs of the session table. */
export interface MovableSessions {
  sessions(): Iterable<Session<unknown>>;
  move(now: number, id: number, target: BackendTarget, cause: MoveCause): boolean;
}

/** How re-homing is done. */
export interface RehomeRules {
  /** How long a backend must be missing before its sessions move. Milliseconds. */
  readonly goneMs: number;
  /** What sessions of the default endpoint asked for, also those from before a restart. */
  readonly defaultQuery?: ResourceQuery | undefined;
}

/**
 * Most sessions moved in one check. A move closes and opens sockets; at 20 to 50 microseconds
 * each this many hold the packets of everybody else up for less than 50 ms.
 */
export const MAX_MOVES = 1000;

/**
 * Moves sessions off backends that have left discovery or begun to drain, to what the session's
 * own query gives now. A backend that is missing for a moment, as a failing readiness probe or
 * a rewritten file makes it, keeps its sessions; one that drains loses them at once. Without
 * another backend they stay where they are until they are idle.
 */
export class Rehome {
  readonly #rules: RehomeRules;
  readonly #sessions: MovableSessions;
  readonly #backends: Backends;
  #missing = new Map<string, number>();
  #stranded = 0;

  constructor(rules: RehomeRules, sessions: MovableSessions, backends: Backends) {
    this.#rules = rules;
    this.#sessions = sessions;
    this.#backends = backends;
  }

  /** Sessions that had to stay on a backend that is gone or drains, at the last check. */
  get stranded(): number {
    return this.#stranded;
  }

  /** One look at every backend that has sessions; returns how many sessions moved. */
  check(now: number): number {
    const states = new Map<string, BackendState>();
    const missing = new Map<string, number>();
    let moved = 0;
    let stranded = 0;
    for (const session of this.#sessions.sessions()) {
      const { target } = session;
      const backend = `${target.resource} ${target.key}`;
      let state = states.get(backend);
      if (state === undefined) {
        state = this.#backends.state(target);
        states.set(backend, state);
        if (state === "gone") missing.set(backend, this.#missing.get(backend) ?? now);
      }
      if (state === "present") continue;
      if (state === "gone" && now < (missing.get(backend) ?? now) + this.#rules.goneMs) continue;
      if (moved === MAX_MOVES) continue;
      const next = this.#next(session);
      if (next === undefined) stranded++;
      else if (this.#sessions.move(now, session.id, next, state)) moved++;
    }
    this.#missing = missing;
    this.#stranded = stranded;
    return moved;
  }

  /** A backend that is gone may be back under its name at another address. */
  #next({ origin, target, clientAddress }: Session<unknown>): BackendTarget | undefined {
    const query = target.query ?? (origin === "default" ? this.#rules.defaultQuery : undefined);
    if (query === undefined) return undefined;
    const selected = this.#backends.select(query, () => false, clientAddress);
    return selected.ok && selected.target.key !== target.key ? selected.target : undefined;
  }
}
