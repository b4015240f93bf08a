type Values = (string | null)[];

/** A question that waits for the end of the turn. */
interface Waiting {
  readonly keys: readonly string[];
  resolve(values: Values): void;
  reject(error: unknown): void;
}

/** Questions in one round trip: some tens of kilobytes of answers. */
const TOGETHER = 256;

/**
 * Reads keys of a store, all that are asked for in one turn of the event loop in one round trip:
 * after a restart the clients of thousands of sessions send at once, and a request for each of
 * them takes more time here than there.
 */
export class GatheredReads {
  readonly #read: (keys: string[]) => Promise<Values>;
  #waiting: Waiting[] = [];

  /** `read` gives the value of each key, in order; null where there is none. */
  constructor(read: (keys: string[]) => Promise<Values>) {
    this.#read = read;
  }

  /** The values of some keys, in order. Rejects as the round trip did that they were part of. */
  read(keys: readonly string[]): Promise<Values> {
    const { promise, resolve, reject } = Promise.withResolvers<Values>();
    if (this.#waiting.push({ keys, resolve, reject }) === 1) setImmediate(() => this.#send());
    return promise;
  }

  #send(): void {
    const all = this.#waiting;
    this.#waiting = [];
    for (let at = 0; at < all.length; at += TOGETHER) void this.#ask(all.slice(at, at + TOGETHER));
  }

  async #ask(asked: readonly Waiting[]): Promise<void> {
    try {
      const values = await this.#read(asked.flatMap(({ keys }) => keys));
      let at = 0;
      for (const { keys, resolve } of asked) {
        resolve(values.slice(at, at + keys.length));
        at += keys.length;
      }
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
  }
}
