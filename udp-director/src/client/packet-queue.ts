import { DirectorUnreachable } from "./query.ts";

interface Waiter {
  readonly resolve: (payload: Buffer) => void;
  readonly timer: NodeJS.Timeout;
}

/** Packets kept while nobody waits; older ones are dropped, as UDP would. */
const MAX_WAITING_PACKETS = 1024;

/** Packets that are asked for one by one. */
export class PacketQueue {
  readonly #packets: Buffer[] = [];
  readonly #waiters: Waiter[] = [];

  /** A packet has come. */
  push(payload: Buffer): void {
    const waiter = this.#waiters.shift();
    if (waiter === undefined) {
      if (this.#packets.length >= MAX_WAITING_PACKETS) this.#packets.shift();
      this.#packets.push(payload);
      return;
    }
    clearTimeout(waiter.timer);
    waiter.resolve(payload);
  }

  /** The next packet. Rejects with DirectorUnreachable and what `why` says after `timeoutMs`. */
  next(timeoutMs: number, why: () => string): Promise<Buffer> {
    const ready = this.#packets.shift();
    if (ready !== undefined) return Promise.resolve(ready);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        reject(new DirectorUnreachable(why()));
      }, timeoutMs);
      const waiter: Waiter = { resolve, timer };
      this.#waiters.push(waiter);
    });
  }
}
