import type { FirstPacketGate, Ingress, SessionObserver } from "../sessions/session-ports.ts";
import type { Found } from "./session-store.ts";

/** What a gate needs from outside. */
export interface GateOptions<In extends Ingress> {
  readonly store: {
    readonly available: boolean;
    lookUp(address: string, port: number, token: string | undefined): Promise<Found>;
  };
  /** Packets of clients that nobody knows, while the store cannot be asked. */
  readonly whenUnavailable: "drop" | "default";
  /** Makes known what was found about a client of this address. Synchronous. */
  readonly found: (found: Found, address: string) => void;
  /** A packet goes to the table, at last. */
  readonly release: (ingress: In, address: string, port: number, payload: Uint8Array) => void;
  readonly observer: Pick<SessionObserver, "packetDropped">;
  readonly lookedUp: (result: "session" | "token" | "nothing" | "failed") => void;
}

/** The word for what a look-up found. */
export const outcome = ({ session, token, holder }: Found) =>
  session || holder ? "session" : token ? "token" : "nothing";

interface Held<In> {
  readonly ingress: In;
  readonly payload: Uint8Array;
}

/** Clients that wait at a time: a flood of forged addresses must not fill the memory. */
const MAX_CLIENTS = 4096;
/** Packets that wait per client: half a second of audio. */
const MAX_PACKETS = 32;

/**
 * Holds the packets of clients that this director does not know while the store is asked once
 * for each, and releases them in their order. Clients with a session never come here.
 */
export class LookUpGate<In extends Ingress> implements FirstPacketGate<In> {
  readonly #options: GateOptions<In>;
  readonly #waiting = new Map<string, Held<In>[]>();
  #releasing = false;

  constructor(options: GateOptions<In>) {
    this.#options = options;
  }

  joins(ingress: In, address: string, port: number, payload: Uint8Array): boolean {
    if (this.#releasing || this.#waiting.size === 0) return false;
    const packets = this.#waiting.get(`${address} ${port}`);
    if (packets === undefined) return false;
    this.#hold(packets, { ingress, payload });
    return true;
  }

  takes(
    ingress: In,
    address: string,
    port: number,
    payload: Uint8Array,
    token: string | undefined,
  ): boolean {
    if (this.#releasing) return false;
    if (this.joins(ingress, address, port, payload)) return true;
    const { observer, store, whenUnavailable } = this.#options;
    if (!store.available) {
      if (whenUnavailable === "default") return false;
      observer.packetDropped("store_unavailable", "client");
      return true;
    }
    if (this.#waiting.size >= MAX_CLIENTS) {
      observer.packetDropped("store_queue_full", "client");
      return true;
    }
    this.#waiting.set(`${address} ${port}`, [{ ingress, payload }]);
    void this.#ask(address, port, token);
    return true;
  }

  #hold(packets: Held<In>[], packet: Held<In>): void {
    if (packets.length < MAX_PACKETS) packets.push(packet);
    else this.#options.observer.packetDropped("store_queue_full", "client");
  }

  async #ask(address: string, port: number, token: string | undefined): Promise<void> {
    const { found, lookedUp, observer, release, store, whenUnavailable } = this.#options;
    let failed = false;
    try {
      const known = await store.lookUp(address, port, token);
      found(known, address);
      lookedUp(outcome(known));
    } catch {
      failed = true;
      lookedUp("failed");
    }
    const key = `${address} ${port}`;
    const packets = this.#waiting.get(key) ?? [];
    this.#waiting.delete(key);
    this.#releasing = true;
    for (const { ingress, payload } of packets) {
      if (failed && whenUnavailable === "drop") {
        observer.packetDropped("store_unavailable", "client");
      } else release(ingress, address, port, payload);
    }
    this.#releasing = false;
  }
}
