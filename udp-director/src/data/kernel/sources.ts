import type { OwnPorts } from "../upstream.ts";
import type { Flow } from "./flow.ts";

type Use = Pick<Flow, "backend" | "source">;

/**
 * The ports that backends see. Towards one backend a port belongs to one flow, with a socket or
 * without: one whose socket is closed looks free to the system, and is some session's.
 */
export class Sources implements OwnPorts {
  readonly #from: number;
  readonly #to: number;
  readonly #random: (from: number, below: number) => number;
  /** By backend: a number takes a fraction of what a key with the backend in it would. */
  readonly #used = new Map<string, Set<number>>();

  /** `random`: a number from `from` to below `below`, as `randomInt` of node:crypto gives it. */
  constructor(
    { from, to }: { readonly from: number; readonly to: number },
    random: (from: number, below: number) => number,
  ) {
    this.#from = from;
    this.#to = to;
    this.#random = random;
  }

  has({ backend, source }: Use): boolean {
    return this.#used.get(keyOf(backend.address, backend.port))?.has(source.port) ?? false;
  }

  add({ backend, source }: Use): void {
    const key = keyOf(backend.address, backend.port);
    const used = this.#used.get(key);
    if (used === undefined) this.#used.set(key, new Set([source.port]));
    else used.add(source.port);
  }

  delete({ backend, source }: Use): void {
    const key = keyOf(backend.address, backend.port);
    const used = this.#used.get(key);
    used?.delete(source.port);
    if (used?.size === 0) this.#used.delete(key);
  }

  clear(): void {
    this.#used.clear();
  }

  /** A random one that is free towards a backend; any of them where none is. */
  next(address: string, port: number): number {
    const used = this.#used.get(keyOf(address, port));
    const free = (source: number) => !used?.has(source);
    const start = this.#random(this.#from, this.#to + 1);
    for (let source = start; source <= this.#to; source++) if (free(source)) return source;
    for (let source = this.#from; source < start; source++) if (free(source)) return source;
    return start;
  }
}

const keyOf = (address: string, port: number): string => `${address} ${port}`;
