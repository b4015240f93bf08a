/** When a source is banned, and for how long. Times in milliseconds. */
export interface BanRules {
  /** Failures within `windowMs` of the first one that make a ban. */
  readonly failures: number;
  readonly windowMs: number;
  readonly banMs: number;
  /** Bound on memory, for failures and bans each; at the limit the oldest is forgotten. */
  readonly maxSources: number;
}

/** A ban in force. */
export interface Ban {
  readonly source: string;
  readonly since: number;
  readonly until: number;
}

/** Makes room for one more; the one that was forgotten for that. */
function forgetOldest(map: Map<string, unknown>, max: number): string | undefined {
  if (map.size < max) return undefined;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return oldest;
  }
  return undefined;
}

/**
 * Counts failures by source and bans those with too many. Bans under the same rules are equally
 * long, so the order of insertion is the order of their ends.
 */
export class BanList {
  #rules: BanRules;
  readonly #failures = new Map<string, { count: number; since: number }>();
  readonly #bans = new Map<string, Ban>();

  readonly #onForgotten: (source: string) => void;

  /** `onForgotten` hears of each ban that ended before its time, as there was no room for it. */
  constructor(rules: BanRules, onForgotten: (source: string) => void = () => undefined) {
    this.#rules = rules;
    this.#onForgotten = onForgotten;
  }

  /** Other rules for failures and bans from now on. */
  apply(rules: BanRules): void {
    this.#rules = rules;
  }

  /** True while `source` is banned. Costs one comparison when nobody is. */
  has(now: number, source: string): boolean {
    if (this.#bans.size === 0) return false;
    const ban = this.#bans.get(source);
    return ban !== undefined && now < ban.until;
  }

  /** Counts a failure; true when it has led to a ban. A banned source's failures do not count. */
  fail(now: number, source: string): boolean {
    this.#expire(now);
    if (this.#bans.has(source)) return false;
    const { failures, windowMs, banMs, maxSources } = this.#rules;
    let entry = this.#failures.get(source);
    if (entry === undefined || now >= entry.since + windowMs) {
      this.#failures.delete(source);
      forgetOldest(this.#failures, maxSources);
      entry = { count: 0, since: now };
      this.#failures.set(source, entry);
    }
    if (++entry.count < failures) return false;
    this.#failures.delete(source);
    const forgotten = forgetOldest(this.#bans, maxSources);
    if (forgotten !== undefined) this.#onForgotten(forgotten);
    this.#bans.set(source, { source, since: now, until: now + banMs });
    return true;
  }

  /** Bans in force, those that end first first. */
  list(now: number): Ban[] {
    this.#expire(now);
    return [...this.#bans.values()].filter((ban) => now < ban.until);
  }

  /** Lifts a ban; false when there is none. */
  lift(now: number, source: string): boolean {
    this.#expire(now);
    return this.#bans.delete(source);
  }

  #expire(now: number): void {
    for (const [source, ban] of this.#bans) {
      if (now < ban.until) return;
      this.#bans.delete(source);
    }
  }
}
