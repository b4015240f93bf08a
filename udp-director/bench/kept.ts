import { DEFAULT_MAGIC_HEX, parseMagic } from "../src/protocol/control-packet.ts";
import type { Ingress } from "../src/sessions/session-ports.ts";
import { SessionTable } from "../src/sessions/session-table.ts";
import { makeTarget } from "../src/sessions/target.ts";
import { JournalStore } from "../src/store/journal-store.ts";
import { RedisStore } from "../src/store/redis-store.ts";
import type { SessionStore } from "../src/store/session-store.ts";
import { StateRecorder } from "../src/store/state-recorder.ts";

const nothing = () => undefined;
const report = { error: nothing, info: nothing, warn: nothing };
/** Where all sessions of the bench lead. */
export const TARGET = makeTarget("10.0.1.1", [["game", 7777]], "gameserver/games/arena");

/** The client of session `n`. */
export const clientOf = (n: number) => ({
  address: `198.18.${n >> 14}.${(n >> 6) & 255}`,
  port: 1024 + (n & 63),
});

/** A store of the kind that a configuration names, with what it needs: a path, or a URL. */
export function openStore(kind: string, where: string): SessionStore {
  if (kind === "journal") return new JournalStore({ path: where, fsyncMs: 1000, report });
  const peers = { session: nothing, ended: nothing, token: nothing };
  return new RedisStore({
    ...{ url: where, prefix: "bench:", sessionMs: () => 600_000 },
    ...{ lookUpMs: 1000, wallNow: Date.now, report, peers },
  });
}

/** A session table on a store, as a director has it. */
export function recorderOn(store: SessionStore): StateRecorder {
  const now = () => performance.now();
  const recorder = new StateRecorder({ store, now, wallNow: Date.now, activityMs: 10_000 });
  recorder.table = new SessionTable<undefined, Ingress>(
    {
      magic: parseMagic(DEFAULT_MAGIC_HEX),
      ...{ sessionTimeoutMs: 600_000, maxSessions: 5_000_000 },
      ...{ tokenTtlMs: 30_000, maxTokens: 5_000_000, keeper: recorder },
    },
    {
      ...{ openSession: nothing, forwardToBackend: nothing, forwardToClient: nothing },
      ...{ retarget: nothing, rebind: nothing, closeSession: nothing },
    },
    {
      ...{ sessionOpened: nothing, sessionRetargeted: nothing, clientMoved: nothing },
      ...{ sessionClosed: nothing, tokenLookup: nothing, packetDropped: nothing },
    },
    { choose: () => TARGET },
  );
  return recorder;
}

/** What the store has, in the recorder's table; how many sessions that is. */
export const load = async (store: SessionStore, recorder: StateRecorder) =>
  recorder.restore(await store.load(() => recorder.snapshot()));
