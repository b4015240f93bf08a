import type { TestContext } from "node:test";
import { DirectorConnection } from "../client/index.ts";
import type { TestDirector } from "./director.ts";

/** Test support: clients that send all the time and know what came back from whom. */

/** What one client has seen. */
export interface TrafficCount {
  sent: number;
  received: number;
  /** Label of the backend that answered last. */
  last: string;
  /** Longest time between two answers. Milliseconds. */
  longestGapMs: number;
}

/** A client that sends a numbered packet every `everyMs` until it is stopped. */
export class TrafficClient {
  readonly count: TrafficCount = { sent: 0, received: 0, last: "", longestGapMs: 0 };
  readonly connection: DirectorConnection;
  readonly #timer: NodeJS.Timeout;
  #running = true;
  #lastAnswer = performance.now();
  readonly #listening: Promise<void>;

  constructor(connection: DirectorConnection, everyMs: number) {
    this.connection = connection;
    this.#timer = setInterval(() => {
      connection.send(String(++this.count.sent));
    }, everyMs);
    this.#listening = this.#listen();
  }

  /** Resolves when `backend` has answered, or rejects after `timeoutMs`. */
  async answeredBy(backend: string, timeoutMs = 5000): Promise<void> {
    const until = performance.now() + timeoutMs;
    while (this.count.last !== backend) {
      if (performance.now() > until) {
        throw new Error(`no answer of ${backend}, only of "${this.count.last}"`);
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  /** Stops sending and waits until all answers are in, or no more come for a while. */
  async stop(): Promise<TrafficCount> {
    clearInterval(this.#timer);
    const stopped = performance.now();
    const quiet = () => performance.now() - Math.max(stopped, this.#lastAnswer);
    while (this.#running && this.count.received < this.count.sent && quiet() < 300) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    this.#running = false;
    await this.#listening;
    return this.count;
  }

  async #listen(): Promise<void> {
    while (this.#running) {
      const packet = await this.connection.receive(50).catch(() => undefined);
      if (packet === undefined) continue;
      const now = performance.now();
      this.count.received++;
      this.count.last = packet.toString().split(" ")[0] ?? "";
      this.count.longestGapMs = Math.max(this.count.longestGapMs, now - this.#lastAnswer);
      this.#lastAnswer = now;
    }
  }
}

/** Starts a client that the test stops and closes. */
export async function traffic(
  t: TestContext,
  director: TestDirector,
  token: string | undefined,
  everyMs = 2,
): Promise<TrafficClient> {
  const connection = await DirectorConnection.open({
    host: director.at.host,
    dataPort: director.dataPort,
    ...(token === undefined ? {} : { token }),
  });
  const client = new TrafficClient(connection, everyMs);
  t.after(async () => {
    await client.stop();
    connection.close();
  });
  return client;
}

/** All clients together. */
export function total(counts: readonly TrafficCount[]) {
  const sum = (of: (count: TrafficCount) => number) =>
    counts.reduce((all, count) => all + of(count), 0);
  const sent = sum((count) => count.sent);
  const received = sum((count) => count.received);
  const longestGapMs = Math.max(...counts.map((count) => count.longestGapMs));
  return { clients: counts.length, sent, lost: sent - received, longestGapMs };
}
