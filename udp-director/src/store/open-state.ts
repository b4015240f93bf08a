import { setImmediate } from "node:timers/promises";
import type { DirectorConfig } from "../config/schema.ts";
import { SettingError } from "../config/setting-error.ts";
import type { Ingress, SessionObserver } from "../sessions/session-ports.ts";
import type { SessionTable } from "../sessions/session-table.ts";
import { JournalStore } from "./journal-store.ts";
import { RedisStore } from "./redis-store.ts";
import type { SessionStore, StoreReporter } from "./session-store.ts";
import { type Share, share } from "./share.ts";
import { type Held, StateRecorder } from "./state-recorder.ts";
import type { StoreMetrics } from "./store-metrics.ts";

/** What keeping state needs from outside. */
export interface StateDependencies {
  /** Monotonic milliseconds, as the session table has them. */
  readonly now: () => number;
  /** Milliseconds since 1970. */
  readonly wallNow: () => number;
  /** Where `urlEnv` looks. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly metrics: StoreMetrics;
  readonly observer: Pick<SessionObserver, "packetDropped">;
  readonly log: Pick<StoreReporter, "info" | "warn">;
}

/** A running store and its recorder. */
export interface State<In extends Ingress> {
  readonly store: SessionStore;
  readonly recorder: StateRecorder;
  /**
   * Restores into `table` and serves it from then on; returns the number of sessions restored.
   * `held`: see `StateRecorder.restore`. Rejects with a SettingError.
   */
  load<Attachment>(table: SessionTable<Attachment, In>, held?: Held): Promise<number>;
  /** See `Share.recall`; nothing is unknown of a store that is not shared. */
  recall: Share["recall"];
  recallHolder: Share["recallHolder"];
  /** See `Share.recallClient`; undefined for a store that is not shared. */
  readonly recallClient: Share["recallClient"] | undefined;
  /** Notes the last activity and everything else, bounded in time. Before the sessions close. */
  close(): Promise<void>;
}

/**
 * The configured store; `undefined` for memory. Nothing is read or connected before `load`.
 * Throws a SettingError when a variable is missing.
 */
export function openState<In extends Ingress>(
  live: { readonly config: DirectorConfig },
  deps: StateDependencies,
): State<In> | undefined {
  const { store: settings } = live.config;
  const { environment, log, metrics, now, observer, wallNow } = deps;
  const activityMs = settings.activitySeconds * 1000;
  const report: StoreReporter = { ...log, error: (kind, count) => metrics.error(kind, count) };
  let shared: Share | undefined;

  const create = (): SessionStore | undefined => {
    const { journal, redis } = settings;
    if (settings.kind === "journal" && journal !== undefined) {
      return new JournalStore({ path: journal.path, fsyncMs: journal.fsyncSeconds * 1000, report });
    }
    if (settings.kind !== "redis" || redis === undefined) return undefined;
    const url = redis.url ?? environment[redis.urlEnv ?? ""];
    if (url === undefined) {
      throw new SettingError(`store.redis.urlEnv: ${redis.urlEnv} is not set`);
    }
    return new RedisStore({
      url,
      prefix: redis.prefix,
      sessionMs: () => live.config.sessionTimeoutSeconds * 1000 + 2 * activityMs,
      lookUpMs: redis.lookUpMilliseconds,
      wallNow,
      report,
      peers: {
        session: (record) => shared?.peers.session(record),
        ended: (client) => shared?.peers.ended(client),
        token: (record) => shared?.peers.token(record),
      },
    });
  };

  const store = create();
  if (store === undefined) return undefined;
  metrics.observe(store);
  const recorder = new StateRecorder({ store, now, wallNow, activityMs });
  let timer: NodeJS.Timeout | undefined;
  let closing = false;
  const checkpoint = async () => {
    while (recorder.checkpoint()) await setImmediate();
    if (closing) return;
    timer = setTimeout(() => void checkpoint(), activityMs);
    timer.unref();
  };

  return {
    store,
    recorder,
    async load(table, held) {
      recorder.table = table;
      const restored = recorder.restore(await store.load(() => recorder.snapshot()), held);
      if (store.lookUp !== undefined) {
        const whenUnavailable = settings.redis?.unknownClients ?? "drop";
        const { resume } = live.config.tokens;
        const rules = { whenUnavailable, resume };
        shared = share({ table, recorder, store, now, observer, metrics, ...rules });
      }
      metrics.restored("restart", restored);
      await checkpoint();
      return restored;
    },
    recall: (address, port, token) => shared?.recall(address, port, token),
    recallHolder: (address, token) => shared?.recallHolder(address, token),
    get recallClient() {
      return shared?.recallClient;
    },
    async close() {
      closing = true;
      clearTimeout(timer);
      await checkpoint();
      await store.close();
    },
  };
}
