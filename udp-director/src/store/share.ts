import type { ResumeRule } from "../sessions/session-options.ts";
import type { Ingress, SessionObserver } from "../sessions/session-ports.ts";
import type { SessionTable } from "../sessions/session-table.ts";
import { LookUpGate, outcome } from "./look-up-gate.ts";
import type { SessionRecord } from "./records.ts";
import type { Peers } from "./redis-store.ts";
import type { Found, SessionStore } from "./session-store.ts";
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
  /** As the table's. */
  readonly resume: ResumeRule;
}

/** A table's ties to the other directors of its store. */
export interface Share {
  /** What the store is to tell about them. */
  readonly peers: Peers;
  /**
   * Takes over what the store knows of a token and, with a port, of the client's session.
   * `undefined` when nothing is unknown here; resolves with false when the store cannot tell.
   */
  recall(address: string, port: number | undefined, token: string): Promise<boolean> | undefined;
  /**
   * The same for a TCP connection that shows a token: also takes over the session that has it,
   * which it joins from anywhere.
   */
  recallHolder(address: string, token: string): Promise<boolean> | undefined;
  /** Takes over the session of a client of whom no packet has come. Never rejects. */
  recallClient(address: string, port: number): Promise<void>;
}

/** Makes a table ask the store about clients and tokens that it does not know. */
export function share<Attachment, In extends Ingress>(
  options: ShareOptions<Attachment, In>,
): Share {
  const { metrics, now, observer, recorder, resume, store, table, whenUnavailable } = options;
  const lookUp = async (address: string, port: number | undefined, token: string | undefined) => {
    const none: Found = { session: undefined, token: undefined, holder: undefined };
    return (await store.lookUp?.(address, port, token)) ?? none;
  };
  const lookedUp = (result: "session" | "token" | "nothing" | "failed") => {
    metrics.lookedUp(result);
    if (result === "failed") metrics.error("look_up");
  };
  const mayResume = (holder: SessionRecord, address: string) =>
    resume === "any" || (resume === "sameAddress" && holder.address === address);
  const found = ({ session, token, holder }: Found, address: string, joins = false) => {
    if (token) recorder.learn(token);
    if (session) adopt(session);
    if (holder && (joins || mayResume(holder, address))) adopt(holder);
  };
  const adopt = (record: SessionRecord) => {
    const adopted = { ...recorder.toTable(record), lastActiveAt: now() };
    if (table.restore(now(), adopted)) metrics.restored("replica", 1);
  };
  table.gate = new LookUpGate<In>({
    store: {
      get available() {
        return store.available;
      },
      lookUp,
    },
    whenUnavailable,
    observer,
    lookedUp,
    found,
    release: (ingress, address, port, payload) =>
      table.onDatagram(now(), ingress, address, port, payload),
  });
  const peers: Peers = {
    session(record) {
      const mine = table.sessionOf(record.address, record.port, record.transport, record.rangePort);
      if (mine === undefined) return;
      const { target, targetSince, token } = recorder.toTable(record);
      if (record.targetSince <= Math.round(recorder.sessionRecord(mine).targetSince)) return;
      recorder.quietly(() => table.follow(now(), mine.id, target, targetSince, token));
    },
    ended({ address, port, transport, rangePort }) {
      const mine = table.sessionOf(address, port, transport, rangePort);
      if (mine) recorder.quietly(() => table.end(now(), mine.id));
    },
    token: (record) => recorder.learn(record),
  };
  const ask = async (
    address: string,
    port: number | undefined,
    token: string | undefined,
    joins: boolean,
  ) => {
    try {
      const known = await lookUp(address, port, token);
      found(known, address, joins);
      lookedUp(outcome(known));
      return true;
    } catch {
      lookedUp("failed");
      return false;
    }
  };
  return {
    peers,
    recall(address, port, token) {
      const here = port === undefined || table.sessionOf(address, port) !== undefined;
      return here && table.knowsToken(now(), token) ? undefined : ask(address, port, token, false);
    },
    recallHolder(address, token) {
      const known = table.holderOf(token) !== undefined || table.knowsToken(now(), token);
      return known ? undefined : ask(address, undefined, token, true);
    },
    async recallClient(address, port) {
      if (table.sessionOf(address, port) === undefined) await ask(address, port, undefined, false);
    },
  };
}
