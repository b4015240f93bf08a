import type { Discovery } from "../discovery/discovery.ts";
import type { Rehome } from "../retarget/rehome.ts";
import type { DirectorLog } from "./api.ts";
import type { LiveConfig } from "./live-config.ts";

/** Checks that go on until `end`. */
export interface BackendChecks {
  /** Follows another configuration: looks soon, and then as often as it says. */
  apply(): void;
  end(): void;
}

/**
 * Lets `rehome` look at the backends every `rehome.checkSeconds`, and soon after discovery told
 * of one that drains or is gone.
 */
export function checkBackends(
  live: LiveConfig,
  discovery: Discovery,
  rehome: Rehome,
  { log, now }: { readonly log: DirectorLog; readonly now: () => number },
): BackendChecks {
  const check = () => {
    if (!live.config.rehome.enabled || !discovery.ready) return;
    const moved = rehome.check(now());
    if (moved > 0) log.info({ sessions: moved }, "moved sessions off backends that went away");
  };
  let timer: NodeJS.Timeout | undefined;
  const repeat = () => {
    clearInterval(timer);
    timer = setInterval(check, live.config.rehome.checkSeconds * 1000);
    timer.unref();
  };
  // A change is looked at soon, once for all changes of this turn of the event loop.
  let due: NodeJS.Immediate | undefined;
  const checkSoon = () => {
    due ??= setImmediate(() => {
      due = undefined;
      check();
    });
  };
  const endChanges = discovery.onChange(({ kind }) => {
    if (kind !== "added") checkSoon();
  });
  repeat();
  return {
    apply() {
      repeat();
      checkSoon();
    },
    end() {
      clearInterval(timer);
      clearImmediate(due);
      endChanges();
    },
  };
}
