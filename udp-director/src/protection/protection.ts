import type { SessionGuard } from "../sessions/session-ports.ts";
import { type Ban, BanList, type BanRules } from "./ban-list.ts";
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

const rateLimit = (perSecond: number, burst: number, maxSources: number) =>
  perSecond === 0 ? undefined : new RateLimit(perSecond, burst, maxSources);
const packetLimit = ({ packetsPerSecond, packetBurst, maxSources }: ProtectionRules) =>
  rateLimit(packetsPerSecond, packetBurst, maxSources);
const openLimit = ({ newSessionsPerSecond, newSessionBurst, maxSources }: ProtectionRules) =>
  rateLimit(newSessionsPerSecond, newSessionBurst, maxSources);
const banRules = ({ tokenFailures, maxSources }: ProtectionRules): BanRules => ({
  failures: tokenFailures.count,
  windowMs: tokenFailures.windowSeconds * 1000,
  banMs: tokenFailures.banSeconds * 1000,
  maxSources,
});

/** Limits by source address: the session table and the query port ask it. Pure. */
export class Protection implements SessionGuard {
  #rules: ProtectionRules;
  #exempt: (address: string) => boolean;
  #packets: RateLimit | undefined;
  #opens: RateLimit | undefined;
  readonly #bans: BanList;
  readonly #onBan: (source: string) => void;
  readonly #onUnban: (source: string) => void;

  /** `onBan` hears of every new ban, `onUnban` of each that ends before its time. */
  constructor(
    rules: ProtectionRules,
    onBan: (source: string) => void = () => undefined,
    onUnban: (source: string) => void = () => undefined,
  ) {
    this.#rules = rules;
    this.#exempt = inNetworks(rules.exempt);
    this.#packets = packetLimit(rules);
    this.#opens = openLimit(rules);
    this.#bans = new BanList(banRules(rules), onUnban);
    this.#onBan = onBan;
    this.#onUnban = onUnban;
  }

  /** Other rules from now on. Bans stay; a limit that changed starts with full buckets. */
  apply(rules: ProtectionRules): void {
    const before = this.#rules;
    const same = (...keys: (keyof ProtectionRules)[]) =>
      keys.every((key) => rules[key] === before[key]);
    this.#rules = rules;
    this.#exempt = inNetworks(rules.exempt);
    if (!same("maxSources", "packetsPerSecond", "packetBurst")) this.#packets = packetLimit(rules);
    if (!same("maxSources", "newSessionsPerSecond", "newSessionBurst")) {
      this.#opens = openLimit(rules);
    }
    this.#bans.apply(banRules(rules));
  }

  admits(now: number, address: string): boolean {
    return this.#packets === undefined || this.#take(this.#packets, now, address);
  }

  /** True when packets of this address are counted. */
  limitsPackets(address: string): boolean {
    return this.#packets !== undefined && !this.#exempt(address);
  }

  mayOpen(now: number, address: string): boolean {
    return this.#opens === undefined || this.#take(this.#opens, now, address);
  }

  banned(now: number, address: string): boolean {
    return this.#bans.has(now, sourceOf(address));
  }

  tokenFailed(now: number, address: string): void {
    if (this.#rules.tokenFailures.count === 0 || this.#exempt(address)) return;
    const source = sourceOf(address);
    if (this.#bans.fail(now, source)) this.#onBan(source);
  }

  /** The source of an address; undefined for an exempt one. */
  limitedSource(address: string): string | undefined {
    return this.#exempt(address) ? undefined : sourceOf(address);
  }

  /** Bans in force, those that end first first. */
  bans(now: number): Ban[] {
    return this.#bans.list(now);
  }

  /** Lifts the ban of an address or of a source as `bans` shows it; false when there is none. */
  lift(now: number, address: string): boolean {
    const source = address.endsWith("/64") ? address : sourceOf(address);
    const lifted = this.#bans.lift(now, source);
    if (lifted) this.#onUnban(source);
    return lifted;
  }

  #take(limit: RateLimit, now: number, address: string): boolean {
    return this.#exempt(address) || limit.take(now, sourceOf(address));
  }
}
