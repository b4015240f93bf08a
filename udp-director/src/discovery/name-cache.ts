/** Resolves a DNS name to IP addresses; rejects when it has none. */
export type ResolveName = (name: string) => Promise<readonly string[]>;

/**
 * Addresses of DNS names, with memory: a name that fails to resolve keeps its last address, and
 * an address that is still among the answers is kept, so that round-robin answers move nobody.
 */
export class NameCache {
  readonly #resolve: ResolveName;
  readonly #problem: (message: string) => void;
  readonly #addresses = new Map<string, string>();

  constructor(resolve: ResolveName, problem: (message: string) => void) {
    this.#resolve = resolve;
    this.#problem = problem;
  }

  /** The address of a name as of the last refresh. */
  get(name: string): string | undefined {
    return this.#addresses.get(name);
  }

  /** Resolves these names and forgets all others. Never rejects. */
  async refresh(names: ReadonlySet<string>): Promise<void> {
    for (const name of this.#addresses.keys()) {
      if (!names.has(name)) this.#addresses.delete(name);
    }
    await Promise.all([...names].map((name) => this.#refreshOne(name)));
  }

  async #refreshOne(name: string): Promise<void> {
    try {
      const answers = [...(await this.#resolve(name))].sort();
      const current = this.#addresses.get(name);
      const next = current !== undefined && answers.includes(current) ? current : answers[0];
      if (next === undefined) throw new Error("it has no address");
      this.#addresses.set(name, next);
    } catch (error) {
      const kept = this.#addresses.get(name);
      const outcome = kept === undefined ? "its backends are left out" : `${kept} is kept`;
      const why = error instanceof Error ? error.message : String(error);
      this.#problem(`cannot resolve ${name}: ${why}; ${outcome} until it resolves`);
    }
  }
}
