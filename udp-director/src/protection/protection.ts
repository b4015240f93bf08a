import type { SessionGuard } from "../sessions/session-ports.ts";
import { type Ban, BanList } from "./ban-list.ts";
import { RateLimit } from "./rate-limit.ts";
import { inNetworks, sourceOf } from "./source.ts";

/** What one source may do. 0 switches a limit off. */
export interface ProtectionRules {
  /** Networks without limits. */
  readonly exempt: readonly string[];
  /** Bound on memory of each limit. */
  readonly maxSources: number;
  readonly packetsPerSecond: number;
  readonly packetBurst: number;
  readonly newSessionsPerSecond: number;
  readonly newSessionBurst: number;
  readonly tokenFailures: {
    readonly count: number;
    readonly windowSeconds: number;
    readonly banSeconds: number;
  };
}

/** Limits by source address: the session table and the query port ask it. Pure. */
export class Protection implements SessionGuard {
  readonly #exempt: (address: string) => boolean;
  readonly #packets: RateLimit | undefined;
  readonly #opens: RateLimit | undefined;
  readonly #bans: BanList | undefined;
  readonly #onBan: (source: string) => void;

  /** `onBan` hears of every new ban. */
  constructor(rules: ProtectionRules, onBan: (source: string) => void = () => undefined) {
    const { maxSources, tokenFailures } = rules;
    const limit = (perSecond: number, burst: number) =>
      perSecond === 0 ? undefined : new RateLimit(perSecond, burst, maxSources);
    this.#exempt = inNetworks(rules.exempt);
    this.#packets = limit(rules.packetsPerSecond, rules.packetBurst);
    this.#opens = limit(rules.newSessionsPerSecond, rules.newSessionBurst);
    this.#onBan = onBan;
    if (tokenFailures.count > 0) {
      this.#bans = new BanList({
        failures: tokenFailures.count,
        windowMs: tokenFailures.windowSeconds * 1000,
        banMs: tokenFailures.banSeconds * 1000,
        maxSources,
      });
    }
  }

  admits(now: number, address: string): boolean {
    return this.#packets === undefined || this.#take(this.#packets, now, address);
  }

  mayOpen(now: number, address: string): boolean {
    return this.#opens === undefined || this.#take(this.#opens, now, address);
  }

  banned(now: number, address: string): boolean {
    return this.#bans?.has(now, sourceOf(address)) ?? false;
  }

  tokenFailed(now: number, address: string): void {
    if (this.#bans === undefined || this.#exempt(address)) return;
    const source = sourceOf(address);
    if (this.#bans.fail(now, source)) this.#onBan(source);
  }

  /** The source of an address; undefined for an exempt one. */
  limitedSource(address: string): string | undefined {
    return this.#exempt(address) ? undefined : sourceOf(address);
  }

  /** Bans in force, those that end first first. */
  bans(now: number): Ban[] {
    return this.#bans?.list(now) ?? [];
  }

  /** Lifts the ban of an address or of a source as `bans` shows it; false when there is none. */
  lift(now: number, address: string): boolean {
    const source = address.endsWith("/64") ? address : sourceOf(address);
    return this.#bans?.lift(now, source) ?? false;
  }

  #take(limit: RateLimit, now: number, address: string): boolean {
    return this.#exempt(address) || limit.take(now, sourceOf(address));
  }
}
