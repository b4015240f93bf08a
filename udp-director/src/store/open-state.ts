import { setImmediate } from "node:timers/promises";
import type { DirectorConfig } from "../config/schema.ts";
import { JournalStore } from "./journal-store.ts";
import type { SessionStore, StoreReporter } from "./session-store.ts";
import { type RecordedTable, StateRecorder } from "./state-recorder.ts";

/** What keeping state needs from outside. */
export interface StateDependencies {
  /** Monotonic milliseconds, as the session table has them. */
  readonly now: () => number;
  /** Milliseconds since 1970. */
  readonly wallNow: () => number;
  readonly report: StoreReporter;
}

/** A running store and its recorder. */
export interface State {
  readonly store: SessionStore;
  readonly recorder: StateRecorder;
  /** Restores into `table`; returns the number of sessions. Rejects with a SettingError. */
  load(table: RecordedTable): Promise<number>;
  /** Notes the last activity and everything else, bounded in time. Before the sessions close. */
  close(): Promise<void>;
}

/** The configured store; `undefined` for memory. Nothing is read or connected before `load`. */
export function openState(config: DirectorConfig, deps: StateDependencies): State | undefined {
  const { store: settings } = config;
  const { now, report, wallNow } = deps;
  if (settings.kind === "memory" || settings.journal === undefined) return undefined;
  const { path, fsyncSeconds } = settings.journal;
  const store = new JournalStore({ path, fsyncMs: fsyncSeconds * 1000, report });
  const activityMs = settings.activitySeconds * 1000;
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
    async load(table) {
      recorder.table = table;
      const restored = recorder.restore(await store.load(() => recorder.snapshot()));
      await checkpoint();
      return restored;
    },
    async close() {
      closing = true;
      clearTimeout(timer);
      await checkpoint();
      await store.close();
    },
  };
}
