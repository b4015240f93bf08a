import { networkInterfaces } from "node:os";
import { getSystemErrorName } from "node:util";
import type { KernelCounts } from "../counts.ts";
import type { Flow } from "../flow.ts";
import type { Faster } from "../kernel-path.ts";
import { type Bpf, MAP, ON_DEMAND } from "./bpf.ts";
import {
  Direction,
  ENTRY,
  entriesOf,
  KEY,
  keysOf,
  LOCAL,
  localKey,
  SUMS,
  sumsOf,
} from "./layout.ts";
import { type Maps, program } from "./program.ts";

/** More addresses than a host has. */
const MAX_LOCALS = 4096;
const EXISTS = Buffer.alloc(4);

export interface ShortcutOptions {
  readonly bpf: Bpf;
  /** First bytes of control packets. */
  readonly magic: Uint8Array;
  readonly maxFlows: number;
  /** A line for the log. */
  readonly note: (message: string) => void;
}

/**
 * A program in the kernel (eBPF) that takes packets of flows from one device to the next, past
 * routing, filters and connection tracking. The rules of ruleset.ts have every flow as well: what
 * the program does not take, or nobody attaches any more since the process died, goes their way.
 */
export class Shortcut implements Faster {
  readonly #bpf: Bpf;
  readonly #note: (message: string) => void;
  readonly #maps: Maps;
  /** Its descriptor. */
  readonly program: number;
  /** Device to the descriptor that keeps the program attached. */
  readonly #links = new Map<number, number>();
  readonly #sums: Buffer;
  #locals = new Set<string>();
  #epoch = 0;
  readonly #told = new Set<string>();

  private constructor({ bpf, magic, maxFlows, note }: ShortcutOptions) {
    const opened: number[] = [];
    const held = (what: string, made: number | string): number => {
      if (typeof made === "string") throw new Error(`${what}: ${lastLines(made)}`);
      if (made < 0) throw new Error(`${what}: ${getSystemErrorName(made)}`);
      opened.push(made);
      return made;
    };
    try {
      const { hash, array, perProcessorArray } = MAP;
      const flows = bpf.map(hash, KEY.bytes, ENTRY.bytes, 2 * maxFlows, ON_DEMAND);
      this.#maps = {
        flows: held("map of flows", flows),
        epoch: held("map of epochs", bpf.map(array, 4, 4, 1, 0)),
        locals: held("map of addresses", bpf.map(hash, LOCAL.bytes, 4, MAX_LOCALS, ON_DEMAND)),
        sums: held("map of sums", bpf.map(perProcessorArray, 4, SUMS.length, 2, 0)),
      };
      this.program = held("program", bpf.program(program(this.#maps, magic)));
    } catch (error) {
      for (const descriptor of opened) bpf.close(descriptor);
      throw error;
    }
    this.#bpf = bpf;
    this.#note = note;
    this.#sums = Buffer.alloc(SUMS.length * bpf.processors());
  }

  /** Loads and attaches the program. Throws, with the reason, where the kernel does not let it. */
  static open(options: ShortcutOptions): Shortcut {
    const made = new Shortcut(options);
    try {
      made.nextEpoch();
      made.#attach((reason) => {
        throw new Error(reason);
      });
      return made;
    } catch (error) {
      made.close();
      throw error;
    }
  }

  /** Takes the packets of a flow that the rules have, in one direction at least. */
  add(flow: Flow): void {
    const { toBackend, toClient } = entriesOf(flow);
    for (const { key, value } of [toClient, toBackend]) {
      const failed = this.#bpf.set(this.#maps.flows, key, value);
      if (failed === 0) continue;
      this.#tell(`the kernel's program did not take a flow: ${errno(failed)}`);
      this.remove(flow);
      return;
    }
  }

  /** Leaves them to the rules, from the next packet on. Also for one that it does not have. */
  remove(flow: Flow): void {
    const { toBackend, toClient } = keysOf(flow);
    this.#bpf.unset(this.#maps.flows, toBackend);
    this.#bpf.unset(this.#maps.flows, toClient);
  }

  /** Has the next packet of each direction go the long way; sees to new devices and addresses. */
  nextEpoch(): void {
    this.#epoch = (this.#epoch % 0xffff_ffff) + 1;
    const epoch = Buffer.alloc(4);
    epoch.writeUInt32LE(this.#epoch);
    this.#bpf.set(this.#maps.epoch, EXISTS, epoch);
    this.#learnLocals();
    if (this.#links.size > 0) this.#attach((reason) => this.#tell(reason));
  }

  counts(): KernelCounts {
    const read = (direction: Direction) => {
      const key = Buffer.alloc(4);
      key.writeUInt32LE(direction);
      this.#bpf.get(this.#maps.sums, key, this.#sums);
      return sumsOf(this.#sums);
    };
    const counts = { toBackend: read(Direction.toBackend), toClient: read(Direction.toClient) };
    return { ...counts, limited: 0, banned: 0 };
  }

  close(): void {
    for (const link of this.#links.values()) this.#bpf.close(link);
    this.#links.clear();
    for (const descriptor of [this.program, ...Object.values(this.#maps)]) {
      this.#bpf.close(descriptor);
    }
  }

  #attach(failed: (reason: string) => void): void {
    const found = this.#bpf.devices();
    if (typeof found === "number") {
      failed(`devices: ${errno(found)}`);
      return;
    }
    for (const [device, link] of this.#links) {
      if (found.includes(device)) continue;
      this.#bpf.close(link);
      this.#links.delete(device);
    }
    for (const device of found) {
      if (this.#links.has(device)) continue;
      const link = this.#bpf.attach(this.program, device);
      if (link < 0) failed(`device ${device}: ${errno(link)}`);
      else this.#links.set(device, link);
    }
  }

  /** Each failure once: without descriptors, for one, it comes again and again. */
  #tell(failure: string): void {
    if (!this.#told.has(failure)) this.#note(failure);
    this.#told.add(failure);
  }

  #learnLocals(): void {
    const now = localAddresses() ?? this.#locals;
    for (const gone of this.#locals) {
      if (!now.has(gone)) this.#bpf.unset(this.#maps.locals, localKey(gone));
    }
    for (const added of now) {
      if (!this.#locals.has(added)) this.#bpf.set(this.#maps.locals, localKey(added), EXISTS);
    }
    this.#locals = now;
  }
}

/** This host's addresses; undefined where they cannot be read, for lack of file descriptors. */
function localAddresses(): Set<string> | undefined {
  try {
    const all = Object.values(networkInterfaces()).flatMap((some) => some ?? []);
    return new Set(all.map(({ address }) => address));
  } catch {
    return undefined;
  }
}

const errno = (negative: number): string => getSystemErrorName(negative);

/** Where the kernel refuses a program, the end of what it says has the reason. */
const lastLines = (log: string): string => log.trim().split("\n").slice(-4).join("; ").slice(-500);
