import { randomInt } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Session } from "../../sessions/session.ts";
import type { FoundRoute, OfferedRoute, Offload, Offloaded } from "../offload.ts";
import { afterReading } from "./after-reading.ts";
import { countsOf, countsSince, type KernelCounts } from "./counts.ts";
import { Found, type FoundFlow, foundTable } from "./found.ts";
import { type FasterWay, type FlowOwner, type KernelFlow, KernelFlows } from "./kernel-flows.ts";
import { listTable, load, Nft } from "./nft.ts";
import { FAMILIES, type RulesetOptions, removal, ruleset, stampOf, TABLE } from "./ruleset.ts";
import type { Sources } from "./sources.ts";

/** What the kernel path asks of the other parts. */
export interface KernelPathOptions extends Omit<RulesetOptions, "activeSeconds"> {
  /** Ports that backends see; those of found flows are in use. */
  readonly sources: Sources;
  /** A packet of the session has passed lately. */
  readonly active: (session: Session<unknown>) => void;
  /** What has been forwarded since the last time. */
  readonly forwarded: (since: KernelCounts) => void;
  /** A line for the log. */
  readonly note: (message: string) => void;
}

/** What takes flows past the rules, and counts what it forwards by itself. */
export interface Faster extends FasterWay {
  /** Since it was opened. */
  counts(): KernelCounts;
  close(): void;
}

/**
 * Seconds for which a flow counts as active after a packet; looks at it are half of that apart. A
 * session may live this much longer than its time.
 */
const activeSecondsFor = (idleSeconds: number): number =>
  Math.min(10, Math.max(2, Math.floor(idleSeconds / 4)));
/** Milliseconds between two looks for flows whose answers can be handed over. */
const HAND_OVER_MS = 20;
/** Milliseconds for which a socket stays open afterwards: answers may still be under way to it. */
const LINGER_MS = 100;

const FORWARDING = {
  ip: "/proc/sys/net/ipv4/ip_forward",
  ip6: "/proc/sys/net/ipv6/conf/all/forwarding",
} as const;

/**
 * Established sessions at the speed of the kernel: the rules of ruleset.ts, and which sessions
 * they are told of. What the kernel cannot do stays with the sockets: PROXY protocol in every
 * packet, sessions that somebody looks into, clients not yet proven, an IPv4 client of an IPv6
 * backend, and whatever is on this host itself.
 */
export class KernelPath implements Offload {
  readonly ownPorts: Sources;
  readonly #options: KernelPathOptions;
  readonly #nft: Nft;
  readonly #lister: Nft;
  readonly #flows: KernelFlows;
  #poller: NodeJS.Timeout | undefined;
  #handing: NodeJS.Timeout | undefined;
  #found: FoundRoute[] = [];
  #faster: Faster | undefined;
  #lastFaster = countsOf([]);

  private constructor(nft: Nft, lister: Nft, options: KernelPathOptions) {
    this.#nft = nft;
    this.#lister = lister;
    this.#options = options;
    const { maxFlows, note, sources } = options;
    this.ownPorts = sources;
    this.#flows = new KernelFlows({
      runner: nft,
      lister,
      maxFlows,
      sources,
      random: (max) => randomInt(max),
      failed: (error) => note(`the kernel did not take a change: ${error.message}`),
    });
  }

  /**
   * Sets the rules up, or goes on with those that `findTables` has found, where they are the same.
   * Rejects, with the reason, where this host or its rights do not allow it.
   */
  static async open(options: KernelPathOptions, found?: Found): Promise<KernelPath> {
    const rules = { ...options, activeSeconds: activeSecondsFor(options.idleSeconds) };
    const stamps = { ip: stampOf("ip", rules), ip6: stampOf("ip6", rules) };
    const unusable = found?.unusable(stamps);
    const opened: Nft[] = [];
    try {
      if ((await readFile(FORWARDING.ip, "utf8").catch(() => "0")).trim() !== "1") {
        throw new Error("net.ipv4.ip_forward is not 1");
      }
      const nft = await Nft.start();
      opened.push(nft);
      const lister = await Nft.start("listed");
      opened.push(lister);
      if (found === undefined || unusable !== undefined) {
        if (unusable !== undefined) options.note(`replaced the kernel's tables: ${unusable}`);
        options.sources.clear();
        for (const family of FAMILIES) await load(`${removal(family)}\n${ruleset(family, rules)}`);
      }
      const path = new KernelPath(nft, lister, options);
      if (found !== undefined && unusable === undefined) {
        // Bans are a process's own, and so are totals.
        for (const family of FAMILIES) {
          await nft.run(`flush set ${family} ${TABLE} banned`);
          await nft.run(`reset counters table ${family} ${TABLE}`);
        }
        path.#goOn(found);
      } else await path.#flows.nextEpoch();
      path.#pollAgain();
      return path;
    } catch (error) {
      for (const one of opened) await one.close();
      // Nobody would end what they forward.
      if (found !== undefined) await load(FAMILIES.map(removal).join("\n")).catch(() => undefined);
      throw error;
    }
  }

  /** Takes flows past the rules, and is closed with them. Set before found flows are taken. */
  set faster(faster: Faster) {
    this.#faster = faster;
    this.#flows.faster = faster;
  }

  get hasFaster(): boolean {
    return this.#faster !== undefined;
  }

  /** Flows that were found and go on, for nobody yet: each is to be claimed or withdrawn. */
  takeFound(): FoundRoute[] {
    return this.#found.splice(0);
  }

  /** Flows that the kernel forwards in at least one direction. */
  get size(): number {
    return this.#flows.size;
  }

  offer(route: OfferedRoute): Offloaded | undefined {
    const { session, dataPort, backendPort, source } = route;
    const client = { address: session.clientAddress, port: session.clientPort };
    const backend = { address: session.target.address, port: backendPort };
    // Packets of this host to itself never pass the rules that forward.
    if (source.address === backend.address || source.address === client.address) return undefined;
    const taken = new TakenRoute(route, this.#flows, this.#options);
    const own = { address: source.address, port: source.port };
    taken.flow = this.#flows.offer({ client, dataPort, backend, source: own }, taken);
    if (taken.flow === undefined) return undefined;
    this.#handing ??= setTimeout(() => void this.#handOver(), HAND_OVER_MS);
    return taken;
  }

  /**
   * Has packets of a source dropped that are in no flow, so it may have no session outside the
   * kernel. Milliseconds. `source`: as `sourceOf` names it.
   */
  ban(source: string, forMs: number): void {
    this.#flows.ban(source, forMs);
  }

  unban(source: string): void {
    this.#flows.unban(source);
  }

  /** Learns which flows are active and what has passed. Never rejects. */
  async poll(): Promise<void> {
    try {
      this.#options.forwarded(await this.#flows.poll());
      const faster = this.#faster?.counts() ?? this.#lastFaster;
      this.#options.forwarded(countsSince(faster, this.#lastFaster));
      this.#lastFaster = faster;
    } catch (error) {
      this.#options.note(`the kernel's flows could not be read: ${(error as Error).message}`);
    }
  }

  /** Takes the rules away. */
  async close(): Promise<void> {
    clearInterval(this.#poller);
    clearTimeout(this.#handing);
    this.#faster?.close();
    await this.#flows.settled();
    for (const family of FAMILIES) await this.#nft.run(removal(family)).catch(() => undefined);
    await this.#nft.close();
    await this.#lister.close();
  }

  /**
   * Reads nothing again, not even which flows are active, as that takes a while with many: the
   * first epoch begins with the first poll.
   */
  #goOn(found: Found): void {
    this.#found = found.flows().map((flow) => this.#foundRoute(flow));
  }

  #foundRoute(found: FoundFlow): FoundRoute {
    const flow = this.#flows.adopt(found);
    const { client, dataPort, backend, source, handedOver } = found;
    const withdraw = () => this.#flows.withdraw(flow);
    return {
      ...{ client, dataPort, backend, source, withdraw },
      direct: handedOver,
      claim: (session) => {
        const passed = () => this.#options.active(session);
        this.#flows.claim(flow, { direct: () => undefined, passed });
        return { source, withdraw };
      },
    };
  }

  #pollAgain(): void {
    const apartMs = (activeSecondsFor(this.#options.idleSeconds) * 1000) / 2;
    this.#poller = setInterval(() => void this.poll(), apartMs);
    this.#poller.unref();
  }

  async #handOver(): Promise<void> {
    const started = performance.now();
    await this.#flows.handOver().catch(() => undefined);
    const took = performance.now() - started;
    // With many flows a look takes long: it may have a quarter of the time, and no more.
    this.#handing = this.#flows.waiting
      ? setTimeout(() => void this.#handOver(), Math.max(HAND_OVER_MS, 3 * took))
      : undefined;
  }
}

/** A route that the kernel has, or is about to have. One for each session, so it has no closures. */
class TakenRoute implements FlowOwner, Offloaded {
  flow: KernelFlow | undefined;
  readonly #route: OfferedRoute;
  readonly #flows: KernelFlows;
  readonly #options: Pick<KernelPathOptions, "active">;

  constructor(route: OfferedRoute, flows: KernelFlows, options: Pick<KernelPathOptions, "active">) {
    this.#route = route;
    this.#flows = flows;
    this.#options = options;
  }

  get source() {
    if (this.flow === undefined) throw new Error("a route that the kernel has not taken");
    return this.flow.source;
  }

  direct(): void {
    afterReading(LINGER_MS, () => {
      if (this.flow?.stage === "direct") this.#route.direct();
    });
  }

  passed(): void {
    this.#options.active(this.#route.session);
  }

  async withdraw(): Promise<void> {
    if (this.flow !== undefined) await this.#flows.withdraw(this.flow);
  }
}

/** Tables that a process before has left. Changes nothing; undefined where there are none. */
export async function findTables(): Promise<Found | undefined> {
  const tables = [];
  for (const family of FAMILIES) {
    const listing = await listTable(family, TABLE);
    if (listing !== undefined) tables.push(foundTable(family, listing));
  }
  return tables.length === 0 ? undefined : new Found(tables);
}
