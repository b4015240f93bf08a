import { randomInt } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Session } from "../../sessions/session.ts";
import type { OfferedRoute, Offload, Offloaded } from "../offload.ts";
import type { OwnPorts } from "../upstream.ts";
import { afterReading } from "./after-reading.ts";
import { type KernelCounts, type KernelFlow, KernelFlows } from "./kernel-flows.ts";
import { Nft } from "./nft.ts";
import { FAMILIES, type RulesetOptions, removal, ruleset } from "./ruleset.ts";

/** What the kernel path asks of the other parts. */
export interface KernelPathOptions extends Omit<RulesetOptions, "activeSeconds"> {
  /** A packet of the session has passed lately. */
  readonly active: (session: Session<unknown>) => void;
  /** What has been forwarded since the last time. */
  readonly forwarded: (since: KernelCounts) => void;
  /** A line for the log. */
  readonly note: (message: string) => void;
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
  readonly ownPorts: OwnPorts;
  readonly #options: KernelPathOptions;
  readonly #nft: Nft;
  readonly #lister: Nft;
  readonly #flows: KernelFlows;
  readonly #poller: NodeJS.Timeout;
  #handing: NodeJS.Timeout | undefined;
  #last: KernelCounts = { toBackend: NOTHING, toClient: NOTHING, limited: 0 };

  private constructor(nft: Nft, lister: Nft, options: KernelPathOptions) {
    this.#nft = nft;
    this.#lister = lister;
    this.#options = options;
    const { sourcePorts, maxFlows, note } = options;
    const { from, to } = sourcePorts;
    this.ownPorts = {
      next: (address, port) => {
        // A source whose socket is closed looks free, and is some other session's.
        const taken = (source: number) =>
          this.#flows.inUse({ backend: { address, port }, source: { address: "", port: source } });
        const start = randomInt(from, to + 1);
        for (let source = start; source <= to; source++) if (!taken(source)) return source;
        for (let source = from; source < start; source++) if (!taken(source)) return source;
        return start;
      },
    };
    this.#flows = new KernelFlows({
      runner: nft,
      lister,
      maxFlows,
      limited: options.limit !== undefined,
      random: (max) => randomInt(max),
      failed: (error) => note(`the kernel did not take a change: ${error.message}`),
    });
    const apartMs = (activeSecondsFor(options.idleSeconds) * 1000) / 2;
    this.#poller = setInterval(() => void this.poll(), apartMs);
    this.#poller.unref();
  }

  /** Sets the rules up. Rejects, with the reason, where this host or its rights do not allow it. */
  static async open(options: KernelPathOptions): Promise<KernelPath> {
    if ((await readFile(FORWARDING.ip, "utf8").catch(() => "0")).trim() !== "1") {
      throw new Error("net.ipv4.ip_forward is not 1");
    }
    const nft = await Nft.start();
    let lister: Nft | undefined;
    try {
      lister = await Nft.start("listed");
      const rules = { ...options, activeSeconds: activeSecondsFor(options.idleSeconds) };
      for (const family of FAMILIES) {
        await nft.load(`${removal(family)}\n${ruleset(family, rules)}`);
      }
    } catch (error) {
      await nft.close();
      await lister?.close();
      throw error;
    }
    const path = new KernelPath(nft, lister, options);
    await path.#flows.nextEpoch();
    return path;
  }

  /** Flows that the kernel forwards in at least one direction. */
  get size(): number {
    return this.#flows.size;
  }

  offer(route: OfferedRoute, direct: () => void): Offloaded | undefined {
    const { session, dataPort, backendPort, source } = route;
    const client = { address: session.clientAddress, port: session.clientPort };
    const backend = { address: session.target.address, port: backendPort };
    // Packets of this host to itself never pass the rules that forward.
    if (source.address === backend.address || source.address === client.address) return undefined;
    const flow: KernelFlow | undefined = this.#flows.offer(
      { client, dataPort, backend, source: { address: source.address, port: source.port } },
      {
        direct: () =>
          afterReading(LINGER_MS, () => {
            if (flow?.stage === "direct") direct();
          }),
        active: () => this.#options.active(session),
      },
    );
    if (flow === undefined) return undefined;
    this.#handing ??= setTimeout(() => void this.#handOver(), HAND_OVER_MS);
    return { source: flow.source, withdraw: () => this.#flows.withdraw(flow) };
  }

  /** Learns which flows are active and what has passed. Never rejects. */
  async poll(): Promise<void> {
    try {
      const counts = await this.#flows.poll();
      const { toBackend, toClient, limited } = this.#last;
      this.#last = counts;
      this.#options.forwarded({
        toBackend: less(counts.toBackend, toBackend),
        toClient: less(counts.toClient, toClient),
        limited: counts.limited - limited,
      });
    } catch (error) {
      this.#options.note(`the kernel's flows could not be read: ${(error as Error).message}`);
    }
  }

  /** Takes the rules away. */
  async close(): Promise<void> {
    clearInterval(this.#poller);
    clearTimeout(this.#handing);
    await this.#flows.settled();
    for (const family of FAMILIES) await this.#nft.run(removal(family)).catch(() => undefined);
    await this.#nft.close();
    await this.#lister.close();
  }

  async #handOver(): Promise<void> {
    const started = performance.now();
    await this.#flows.handOver().catch(() => undefined);
    const took = performance.now() - started;
    // With many flows a look takes long: it may have a tenth of the time, and no more.
    this.#handing = this.#flows.waiting
      ? setTimeout(() => void this.#handOver(), Math.max(HAND_OVER_MS, 10 * took))
      : undefined;
  }
}

const NOTHING = { packets: 0, bytes: 0 };

const less = (now: KernelCounts["toClient"], before: KernelCounts["toClient"]) => ({
  packets: now.packets - before.packets,
  bytes: now.bytes - before.bytes,
});
