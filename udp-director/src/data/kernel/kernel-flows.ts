import { countsOf, type KernelCounts, type TableCounters } from "./counts.ts";
import {
  banned,
  type Flow,
  familyOf,
  handedOver,
  listedCounters,
  listedMarks,
  MARK_STEP,
  MARKS,
  type MarkedFlow,
  offered,
  unbanned,
  withdrawn,
  ZONES,
  zoned,
} from "./flow.ts";
import type { FoundFlow } from "./found.ts";
import { EPOCHS, epochRules, FAMILIES, type Family, TABLE } from "./ruleset.ts";
import type { Sources } from "./sources.ts";
import { type Runner, Transactions } from "./transactions.ts";

/** How far the kernel has a flow. */
type Stage =
  /** Told to the kernel, not yet confirmed. */
  | "offered"
  /** The client's packets are forwarded by the kernel, answers come to the socket. */
  | "oneWay"
  /** Being told to take the answers as well. */
  | "handing"
  /** Both directions are the kernel's. */
  | "direct"
  /** Given back, or never taken. */
  | "withdrawn";

/** A flow that the kernel has, or is about to have. */
export interface KernelFlow extends MarkedFlow {
  readonly family: Family;
  readonly stage: Stage;
}

interface Entry extends MarkedFlow {
  zone: number;
  readonly family: Family;
  stage: Stage;
  /** Undefined for one that was found and belongs to nobody yet. */
  owner: FlowOwner | undefined;
}

/** Whom a flow belongs to. */
export interface FlowOwner {
  /** The kernel has both directions: no packet comes to the source socket any more. */
  direct(): void;
  /** A packet has passed since the last `poll`. */
  passed(): void;
}

export interface KernelFlowsOptions {
  readonly runner: Runner;
  /** Lists sets and counters: beside the runner, as a long list would hold up its changes. */
  readonly lister: Runner;
  readonly maxFlows: number;
  /** Which ports backends see. Those of flows are noted here. */
  readonly sources: Sources;
  /**
   * A number from 0 to below `max`, another one after each start: connection tracking may remember
   * flows of the process before. Left out: 0.
   */
  readonly random?: (max: number) => number;
  /** A change that the kernel refused; its flow stays with the sockets. */
  readonly failed: (error: Error) => void;
}

/** Something that takes flows past the rules, which keep them for whatever it leaves to them. */
export interface FasterWay {
  add(flow: Flow): void;
  /** From the next packet on the rules have the flow. Also for one that it does not have. */
  remove(flow: Flow): void;
  /** Leaves the next packet of each direction to the rules. */
  nextEpoch(): void;
}

/**
 * The flows that the kernel forwards. One is taken over in two steps, so that no answer is lost
 * and the backend never sees another source: the client's direction first; the answers once a
 * packet of the client has made the kernel's flow, and then the socket is not needed any more.
 */
export class KernelFlows {
  readonly #transactions: Transactions;
  readonly #runner: Runner;
  readonly #lister: Runner;
  readonly #maxFlows: number;
  readonly #flows = new Map<number, Entry>();
  /** Flows that wait for a client's packet. */
  readonly #oneWay = new Set<Entry>();
  readonly #sources: Sources;
  #marks: number;
  #zones: number;
  #offered = 0;
  #epoch: number;
  #faster: FasterWay | undefined;

  constructor(options: KernelFlowsOptions) {
    const { runner, maxFlows, sources, random = () => 0, failed } = options;
    this.#sources = sources;
    this.#marks = random(MARKS);
    this.#zones = random(ZONES);
    this.#epoch = random(EPOCHS);
    this.#runner = runner;
    this.#lister = options.lister;
    this.#maxFlows = maxFlows;
    this.#transactions = new Transactions(runner, failed);
  }

  /** Flows that the kernel has in at least one direction. */
  get size(): number {
    return this.#flows.size;
  }

  /** Takes flows from now on. Set before any is found or offered. */
  set faster(faster: FasterWay) {
    this.#faster = faster;
  }

  /** True while flows wait for a packet of their client, or for the kernel to hear of them. */
  get waiting(): boolean {
    return this.#oneWay.size > 0 || this.#offered > 0;
  }

  /**
   * Goes on with a flow that the kernel has from a process before. It belongs to nobody until
   * `claim`. Other flows may get its zone, as they have other clients or other marks.
   */
  adopt({ handedOver, ...flow }: FoundFlow): KernelFlow {
    const stage = handedOver ? "direct" : "oneWay";
    const entry: Entry = { ...flow, owner: undefined, stage };
    this.#flows.set(entry.mark, entry);
    this.#sources.add(flow);
    return entry;
  }

  /** Gives a found flow to its owner. */
  claim(flow: KernelFlow, owner: FlowOwner): void {
    const entry = this.#flows.get(flow.mark);
    if (entry === undefined) return;
    entry.owner = owner;
    this.#faster?.add(entry);
  }

  /** Has the kernel take a flow over; undefined for one that it can't, or has no room for. */
  offer(flow: Flow, owner: FlowOwner): KernelFlow | undefined {
    const family = familyOf(flow);
    if (family === undefined || this.#flows.size >= this.#maxFlows || this.#sources.has(flow)) {
      return undefined;
    }
    const numbers = { mark: this.#nextMark(), zone: this.#nextZone() };
    const entry: Entry = { ...flow, ...numbers, family, owner, stage: "offered" };
    this.#flows.set(entry.mark, entry);
    this.#sources.add(flow);
    this.#offered++;
    void this.#transactions.apply(offered(family, entry)).then((applied) => {
      this.#offered--;
      if (entry.stage !== "offered") return;
      if (applied) {
        entry.stage = "oneWay";
        this.#oneWay.add(entry);
        // What it leaves to the rules still finds a socket where that has to be.
        this.#faster?.add(entry);
      } else {
        this.#forget(entry);
      }
    });
    return entry;
  }

  /** Takes a flow back; resolves when its packets come to the director's sockets. Never rejects. */
  async withdraw(flow: KernelFlow): Promise<void> {
    const entry = this.#flows.get(flow.mark);
    if (entry === undefined) return;
    const handed = entry.stage === "handing" || entry.stage === "direct";
    this.#forget(entry);
    await this.#transactions.apply(withdrawn(entry.family, entry, handed));
  }

  /** Looks which of the flows that wait have seen a packet, and hands their answers over. */
  async handOver(): Promise<void> {
    if (this.#oneWay.size === 0) return;
    for (const family of FAMILIES) {
      for (const mark of listedMarks(await this.#listSet(family, "fresh"))) {
        const entry = this.#flows.get(mark);
        if (entry?.stage === "oneWay" && entry.family === family) void this.#hand(entry);
      }
      for (const mark of listedMarks(await this.#listSet(family, "stale"))) {
        const entry = this.#flows.get(mark);
        if (entry?.stage !== "oneWay" || entry.family !== family) continue;
        entry.zone = this.#nextZone();
        void this.#transactions.apply(zoned(family, entry));
      }
    }
  }

  /** Begins another epoch: the next packet of each flow tells that it is active. */
  async nextEpoch(): Promise<void> {
    this.#epoch = (this.#epoch % EPOCHS) + 1;
    for (const family of FAMILIES) await this.#runner.run(epochRules(family, this.#epoch));
    // After the rules: what it leaves to them now counts in their new epoch.
    this.#faster?.nextEpoch();
  }

  /**
   * Tells the owners of active flows, and how much has passed since the last time. An epoch ends with it. An
   * active flow is the kernel's own: its answers are handed over, as what `fresh` tells is forgotten
   * after seconds, and lists of thousands of flows come further apart than that.
   */
  async poll(): Promise<KernelCounts> {
    const tables: TableCounters[] = [];
    for (const family of FAMILIES) {
      for (const mark of listedMarks(await this.#listSet(family, "active"))) {
        const entry = this.#flows.get(mark);
        // A found flow that nobody has claimed yet may still be given back.
        if (entry?.family !== family || entry.owner === undefined) continue;
        entry.owner.passed();
        if (entry.stage === "oneWay") void this.#hand(entry);
      }
      tables.push({ family, counters: await this.#counters(family) });
    }
    await this.nextEpoch();
    return countsOf(tables);
  }

  /** Has packets of a source that are in no flow dropped, for a time. Milliseconds. */
  ban(source: string, forMs: number): void {
    void this.#transactions.apply(banned(source, forMs));
  }

  unban(source: string): void {
    void this.#transactions.apply(unbanned(source));
  }

  /** Resolves when the kernel has heard of everything so far. */
  settled(): Promise<void> {
    return this.#transactions.settled();
  }

  async #hand(entry: Entry): Promise<void> {
    entry.stage = "handing";
    this.#oneWay.delete(entry);
    const applied = await this.#transactions.apply(handedOver(entry.family, entry));
    if (entry.stage !== "handing") return;
    if (applied) {
      entry.stage = "direct";
      entry.owner?.direct();
    } else {
      entry.stage = "oneWay";
    }
  }

  #nextMark(): number {
    do {
      this.#marks = (this.#marks % MARKS) + 1;
    } while (this.#flows.has(this.#marks * MARK_STEP));
    return this.#marks * MARK_STEP;
  }

  #nextZone(): number {
    this.#zones = (this.#zones % ZONES) + 1;
    return this.#zones;
  }

  #listSet(family: Family, name: string): Promise<string> {
    return this.#lister.run(`list set ${family} ${TABLE} ${name}`);
  }

  /** Packets since the last time. To list counters nft would read all elements of all sets first. */
  async #counters(family: Family): Promise<TableCounters["counters"]> {
    return listedCounters(await this.#lister.run(`reset counters table ${family} ${TABLE}`));
  }

  #forget(entry: Entry): void {
    if (entry.stage !== "offered") this.#faster?.remove(entry);
    entry.stage = "withdrawn";
    this.#flows.delete(entry.mark);
    this.#oneWay.delete(entry);
    this.#sources.delete(entry);
  }
}
