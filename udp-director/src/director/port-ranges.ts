import type { DirectorConfig } from "../config/schema.ts";
import { queryErrors } from "../protocol/query-errors.ts";
import type { Lease } from "../query/answer.ts";
import type { Backends } from "../retarget/backends.ts";
import { PortAllocations, type PortKeeper } from "../sessions/port-allocations.ts";
import type { Session } from "../sessions/session.ts";
import type { BackendTarget } from "../sessions/target.ts";
import type { LiveConfig } from "./live-config.ts";

/** What port ranges need of the session table. */
export interface RangeSessions {
  hasSessionsAt(rangePort: number): boolean;
  sessions(): Iterable<Session<unknown>>;
  end(now: number, id: number): boolean;
}

/** The allocations of a configuration's ranges; `keeper` hears what a restart has to know. */
export function makeAllocations(config: DirectorConfig, keeper?: PortKeeper): PortAllocations {
  const ranges = config.portRanges.map(({ name, from, to, leaseSeconds }) => ({
    ...{ name, from, to },
    leaseMs: leaseSeconds * 1000,
  }));
  return new PortAllocations(ranges, keeper);
}

/** Looks after the ports of ranges: leases, backends that go away, release by an operator. */
export class PortRanges {
  readonly #live: LiveConfig;
  readonly #allocations: PortAllocations;
  readonly #sessions: RangeSessions;
  readonly #backends: Backends;
  #missing = new Map<number, number>();

  constructor(
    live: LiveConfig,
    allocations: PortAllocations,
    sessions: RangeSessions,
    backends: Backends,
  ) {
    this.#live = live;
    this.#allocations = allocations;
    this.#sessions = sessions;
    this.#backends = backends;
  }

  /** Frees ports whose lease is over, and leads the others off backends that went away. */
  check(now: number, ready: boolean): void {
    this.#allocations.expire(now, (port) => this.#sessions.hasSessionsAt(port));
    const { enabled, goneSeconds } = this.#live.config.rehome;
    if (!enabled || !ready) return;
    const missing = new Map<number, number>();
    for (const { port, target } of this.#allocations.list()) {
      const state = this.#backends.state(target);
      if (state === "present") continue;
      const since = this.#missing.get(port) ?? now;
      missing.set(port, since);
      if (state === "gone" && now < since + goneSeconds * 1000) continue;
      const next = target.query && this.#backends.select(target.query, () => false);
      if (next?.ok && next.target.key !== target.key) this.#allocations.move(port, next.target);
    }
    this.#missing = missing;
  }

  /** Gives a backend a port of a range; `undefined`: there is no such range. */
  lease(now: number, range: string, target: BackendTarget): Lease | undefined {
    const found = this.#live.config.portRanges.find(({ name }) => name === range);
    if (found === undefined) return undefined;
    const port = this.#allocations.allocate(now, range, target);
    if (port === undefined) return { ok: false, error: queryErrors.rangeFull(range) };
    return { ok: true, port, leaseSeconds: found.leaseSeconds };
  }

  /** Frees a port and ends its sessions; false when nobody has it. */
  release(now: number, port: number): boolean {
    if (!this.#allocations.release(port)) return false;
    for (const session of this.#sessions.sessions()) {
      if (session.rangePort === port) this.#sessions.end(now, session.id);
    }
    return true;
  }

  /** The ports that are given, as the admin API shows them. */
  list(now: number) {
    return [...this.#allocations.list()].map(({ port, range, target, until }) => ({
      port,
      range,
      resource: target.resource,
      backendAddress: target.address,
      used: this.#sessions.hasSessionsAt(port),
      leaseEndsInSeconds: Math.max(0, Math.round(until - now) / 1000),
    }));
  }
}
