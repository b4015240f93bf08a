import { type Change, commands } from "./flow.ts";

/** What carries out commands, all of them or none. */
export interface Runner {
  run(...commands: readonly string[]): Promise<string>;
}

interface Unit {
  readonly changes: readonly Change[];
  readonly resolve: (applied: boolean) => void;
}

/** What all changes of a unit do; undefined where they differ. */
function verbOf(unit: Unit | undefined): Change["verb"] | undefined {
  const [first] = unit?.changes ?? [];
  return unit?.changes.every(({ verb }) => verb === first?.verb) ? first?.verb : undefined;
}

/** Units in one transaction; nft reads long lines slowly. */
const MAX_UNITS = 100;

/**
 * Gathers changes that come close together into one transaction. A unit is applied as a whole or
 * not at all; one that cannot be does not take its neighbours along.
 */
export class Transactions {
  readonly #runner: Runner;
  readonly #failed: (error: Error) => void;
  #waiting: Unit[] = [];
  #last: Promise<void> = Promise.resolve();
  #scheduled = false;

  /** `failed` hears of each unit that could not be applied. */
  constructor(runner: Runner, failed: (error: Error) => void) {
    this.#runner = runner;
    this.#failed = failed;
  }

  /** Applies changes after everything that was asked before. Never rejects. */
  apply(changes: readonly Change[]): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#waiting.push({ changes, resolve });
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => this.#flush());
    }
    return promise;
  }

  /** Resolves when everything asked so far has been tried. */
  async settled(): Promise<void> {
    this.#flush();
    await this.#last;
  }

  #flush(): void {
    this.#scheduled = false;
    const units = this.#waiting;
    this.#waiting = [];
    for (let start = 0; start < units.length; ) {
      // What adds and what deletes goes apart: in one transaction the order would be lost.
      const verb = verbOf(units[start]);
      let end = start + 1;
      const fits = () =>
        verb !== undefined && end - start < MAX_UNITS && verbOf(units[end]) === verb;
      while (end < units.length && fits()) end++;
      const batch = units.slice(start, end);
      const before = this.#last;
      this.#last = before.then(() => this.#run(batch));
      start = end;
    }
  }

  async #run(units: readonly Unit[]): Promise<void> {
    try {
      await this.#runner.run(...commands(units.flatMap(({ changes }) => changes)));
      for (const { resolve } of units) resolve(true);
    } catch (error) {
      const [only, ...others] = units;
      if (only !== undefined && others.length === 0) {
        this.#failed(error as Error);
        only.resolve(false);
        return;
      }
      for (const unit of units) await this.#run([unit]);
    }
  }
}
