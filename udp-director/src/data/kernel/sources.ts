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
  readonly #used = new Set<string>();

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
    return this.#used.has(keyOf(backend.address, backend.port, source.port));
  }

  add({ backend, source }: Use): void {
    this.#used.add(keyOf(backend.address, backend.port, source.port));
  }

  delete({ backend, source }: Use): void {
    this.#used.delete(keyOf(backend.address, backend.port, source.port));
  }

  clear(): void {
    this.#used.clear();
  }

  /** A random one that is free towards a backend; any of them where none is. */
  next(address: string, port: number): number {
    const free = (source: number) => !this.#used.has(keyOf(address, port, source));
    const start = this.#random(this.#from, this.#to + 1);
    for (let source = start; source <= this.#to; source++) if (free(source)) return source;
    for (let source = this.#from; source < start; source++) if (free(source)) return source;
    return start;
  }
}

const keyOf = (address: string, port: number, source: number): string =>
  `${address} ${port} ${source}`;
