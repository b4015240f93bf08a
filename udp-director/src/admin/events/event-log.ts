import type { BackendChange } from "../../discovery/changes.ts";
import { hostPort } from "../../net/addresses.ts";
import type { ClientSocket, Session } from "../../sessions/session.ts";
import type { CloseReason, RetargetCause, SessionObserver } from "../../sessions/session-ports.ts";
import type { DirectorEvent, Happening } from "./event-schemas.ts";

/**
 * Events that are kept for readers that come back. A reader that was away for a second of 1,000
 * new sessions misses nothing; 1,000 events take some 200 KiB.
 */
export const KEPT_EVENTS = 1000;

/** An event with its place in the order of events. */
export interface NumberedEvent {
  /** Counts up from 1. */
  readonly number: number;
  readonly event: DirectorEvent;
}

/** Hears of each event once, in order, synchronously: must be fast and must not throw. */
export type EventListener = (event: NumberedEvent) => void;

/** What has happened in a director, the last `KEPT_EVENTS` of it. Bounded; does no I/O. */
export class EventLog implements SessionObserver {
  readonly #wallNow: () => number;
  readonly #kept: NumberedEvent[] = [];
  readonly #listeners = new Set<EventListener>();
  #last = 0;
  #storeAvailable = true;

  /** `wallNow` gives milliseconds since 1970. */
  constructor(wallNow: () => number) {
    this.#wallNow = wallNow;
  }

  /** Number of the last event; 0 before the first one. */
  get last(): number {
    return this.#last;
  }

  add(happening: Happening): void {
    const at = new Date(this.#wallNow()).toISOString();
    const entry = { number: ++this.#last, event: { at, ...happening } as DirectorEvent };
    this.#kept[(entry.number - 1) % KEPT_EVENTS] = entry;
    for (const listener of this.#listeners) listener(entry);
  }

  /** Events after `number` that are still kept, in order. */
  after(number: number): NumberedEvent[] {
    const found: NumberedEvent[] = [];
    const first = Math.max(number, this.#last - KEPT_EVENTS, 0) + 1;
    for (let at = first; at <= this.#last; at++) {
      const entry = this.#kept[(at - 1) % KEPT_EVENTS];
      if (entry !== undefined) found.push(entry);
    }
    return found;
  }

  /** Returns the function that ends the subscription. */
  subscribe(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  sessionOpened(session: Session<unknown>): void {
    this.add({ kind: "session_opened", ...named(session), origin: session.origin });
  }

  sessionRetargeted(session: Session<unknown>, cause: RetargetCause): void {
    this.add({ kind: "session_moved", ...named(session), cause, moves: session.generation });
  }

  clientMoved(session: Session<unknown>, { address, port }: ClientSocket): void {
    const previous = hostPort(address, port);
    this.add({ kind: "session_resumed", ...named(session), previous });
  }

  sessionClosed(session: Session<unknown>, reason: CloseReason, now: number): void {
    const seconds = Math.round(now - session.createdAt) / 1000;
    this.add({ kind: "session_ended", ...named(session), reason, seconds });
  }

  tokenLookup(): void {
    // Counted in metrics only.
  }

  packetDropped(): void {
    // Counted in metrics only.
  }

  /** A change that discovery tells of. */
  backendChanged(change: BackendChange): void {
    const { kind, resource: backend } = change;
    if (kind === "draining") this.add({ kind: "backend_draining", backend, reason: change.reason });
    else this.add({ kind: kind === "added" ? "backend_added" : "backend_removed", backend });
  }

  /** What a look at the store has shown; only a change is an event. */
  storeSeen(available: boolean): void {
    if (available === this.#storeAvailable) return;
    this.#storeAvailable = available;
    this.add({ kind: available ? "store_back" : "store_lost" });
  }
}

const named = ({ id, clientAddress, clientPort, target }: Session<unknown>) => ({
  session: id,
  client: hostPort(clientAddress, clientPort),
  backend: target.resource,
});
