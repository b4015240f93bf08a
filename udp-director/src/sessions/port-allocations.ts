import type { BackendTarget } from "./target.ts";

/** A run of ports of the director, each of which can be given to a backend. */
export interface PortRange {
  /** Unique; also the data port name by which targets know the backend's port. */
  readonly name: string;
  readonly from: number;
  /** Inclusive. */
  readonly to: number;
  /** A port without sessions is free again after this time. Milliseconds. */
  readonly leaseMs: number;
}

/** A port that has been given to a backend. */
export interface PortAllocation {
  readonly port: number;
  readonly range: string;
  readonly target: BackendTarget;
  /** When it is free again, if it has no session then. Milliseconds on the caller's clock. */
  readonly until: number;
}

/** Told of every change that a restart has to know; `undefined`: the port is free again. */
export type PortKeeper = (port: number, allocation: PortAllocation | undefined) => void;

/**
 * Which port of a range leads to which backend. Who asks for a backend again gets the same port, so queries cannot use a range up beyond the backends there
 * are. Pure; looked at once a second or so by `expire`, never for a packet.
 */
export class PortAllocations {
  readonly #ranges: ReadonlyMap<string, PortRange>;
  readonly #byPort = new Map<number, PortAllocation>();
  readonly #byBackend = new Map<string, number>();
  readonly #next = new Map<string, number>();
  readonly #keeper: PortKeeper;

  constructor(ranges: readonly PortRange[], keeper: PortKeeper = () => undefined) {
    this.#ranges = new Map(ranges.map((range) => [range.name, range]));
    this.#keeper = keeper;
  }

  get size(): number {
    return this.#byPort.size;
  }

  /** Where a port leads now. */
  targetOf(port: number): BackendTarget | undefined {
    return this.#byPort.get(port)?.target;
  }

  /** In order of the time they were given. Ports may be given and released while one iterates. */
  list(): IterableIterator<PortAllocation> {
    return this.#byPort.values();
  }

  /** The range's port of this backend from now on, or `undefined` when every port is taken. */
  allocate(now: number, range: string, target: BackendTarget): number | undefined {
    const found = this.#ranges.get(range);
    if (found === undefined) return undefined;
    const known = this.#byBackend.get(backendOf(range, target));
    const port = known ?? this.#free(found);
    if (port === undefined) return undefined;
    this.#set({ port, range, target, until: now + found.leaseMs });
    return port;
  }

  /** Takes over what was kept; false for a port of no range, and one that is given already. */
  restore(allocation: PortAllocation): boolean {
    const { port, range, target } = allocation;
    const found = this.#ranges.get(range);
    if (found === undefined || port < found.from || port > found.to) return false;
    if (this.#byPort.has(port)) return false;
    this.#byPort.set(port, allocation);
    this.#lead(backendOf(range, target), port);
    return true;
  }

  /** Gives a port another backend, which may come to have several; false when nobody has it. */
  move(port: number, target: BackendTarget): boolean {
    const allocation = this.#byPort.get(port);
    if (allocation === undefined) return false;
    this.#forget(allocation);
    this.#set({ ...allocation, target });
    return true;
  }

  /** Frees a port at once; false when nobody has it. */
  release(port: number): boolean {
    const allocation = this.#byPort.get(port);
    if (allocation === undefined) return false;
    this.#byPort.delete(port);
    this.#forget(allocation);
    this.#keeper(port, undefined);
    return true;
  }

  /** Frees the ports whose time is over; one that is `used` gets a whole lease from now. */
  expire(now: number, used: (port: number) => boolean): void {
    for (const allocation of this.#byPort.values()) {
      if (now < allocation.until) continue;
      const { port, range } = allocation;
      const leaseMs = this.#ranges.get(range)?.leaseMs ?? 0;
      if (used(port)) this.#set({ ...allocation, until: now + leaseMs });
      else this.release(port);
    }
  }

  #set(allocation: PortAllocation): void {
    this.#byPort.set(allocation.port, allocation);
    this.#lead(backendOf(allocation.range, allocation.target), allocation.port);
    this.#keeper(allocation.port, allocation);
  }

  /** A backend that was moved onto keeps the port that it had itself. */
  #lead(backend: string, port: number): void {
    if (!this.#byBackend.has(backend)) this.#byBackend.set(backend, port);
  }

  #forget({ port, range, target }: PortAllocation): void {
    const backend = backendOf(range, target);
    if (this.#byBackend.get(backend) === port) this.#byBackend.delete(backend);
  }

  /** The port after the last one given: one that was freed rests as long as there are others. */
  #free({ name, from, to }: PortRange): number | undefined {
    const count = to - from + 1;
    const start = this.#next.get(name) ?? from;
    for (let step = 0; step < count; step++) {
      const port = from + ((start - from + step) % count);
      if (this.#byPort.has(port)) continue;
      this.#next.set(name, port + 1);
      return port;
    }
    return undefined;
  }
}

const backendOf = (range: string, target: BackendTarget) =>
  `${range} ${target.resource} ${target.key}`;
