import type { Ingress, SessionObserver } from "../sessions/session-ports.ts";
import type { SessionTable } from "../sessions/session-table.ts";
import { LookUpGate } from "./look-up-gate.ts";
import type { Peers } from "./redis-store.ts";
import type { SessionStore } from "./session-store.ts";
import type { StateRecorder } from "./state-recorder.ts";
import type { StoreMetrics } from "./store-metrics.ts";

/** A table, its recorder and the store that it shares with other directors. */
export interface ShareOptions<Attachment, In extends Ingress> {
  readonly table: SessionTable<Attachment, In>;
  readonly recorder: StateRecorder;
  readonly store: Pick<SessionStore, "available" | "lookUp">;
  /** The table's clock. */
  readonly now: () => number;
  readonly observer: Pick<SessionObserver, "packetDropped">;
  readonly metrics: Pick<StoreMetrics, "error" | "lookedUp" | "restored">;
  /** Packets of clients that nobody knows, while the store cannot be asked. */
  readonly whenUnavailable: "drop" | "default";
}

/**
 * Makes a table ask the store about clients and tokens that it does not know; returns what the
 * store is to tell about other directors.
 */
export function share<Attachment, In extends Ingress>(
  options: ShareOptions<Attachment, In>,
): Peers {
  const { metrics, now, observer, recorder, store, table, whenUnavailable } = options;
  table.gate = new LookUpGate<In>({
    store: {
      get available() {
        return store.available;
      },
      lookUp: async (address, port, token) => {
        const none = { session: undefined, token: undefined };
        return (await store.lookUp?.(address, port, token)) ?? none;
      },
    },
    whenUnavailable,
    observer,
    lookedUp(result) {
      metrics.lookedUp(result);
      if (result === "failed") metrics.error("look_up");
    },
    found({ session, token }) {
      if (token) recorder.learn(token);
      if (session === undefined) return;
      const adopted = { ...recorder.toTable(session), lastActiveAt: now() };
      if (table.restore(now(), adopted)) metrics.restored("replica", 1);
    },
    release: (ingress, address, port, payload) =>
      table.onDatagram(now(), ingress, address, port, payload),
  });
  return {
    session(record) {
      const mine = table.sessionOf(record.address, record.port);
      if (mine === undefined) return;
      const { target, targetSince } = recorder.toTable(record);
      if (record.targetSince <= Math.round(recorder.sessionRecord(mine).targetSince)) return;
      recorder.quietly(() => table.follow(now(), mine.id, target, targetSince));
    },
    ended(address, port) {
      const mine = table.sessionOf(address, port);
      if (mine) recorder.quietly(() => table.end(now(), mine.id));
    },
    token: (record) => recorder.learn(record),
  };
}
