import type { DirectorConfig } from "../config/schema.ts";
import type { Discovery } from "../discovery/discovery.ts";
import type { Rehome } from "../retarget/rehome.ts";
import type { DirectorLog } from "./api.ts";

/**
 * Lets `rehome` look at the backends every `rehome.checkSeconds`, and soon after discovery told
 * of one that drains or is gone. Returns what ends that.
 */
export function checkBackends(
  config: DirectorConfig,
  discovery: Discovery,
  rehome: Rehome,
  { log, now }: { readonly log: DirectorLog; readonly now: () => number },
): () => void {
  const check = () => {
    if (!config.rehome.enabled || !discovery.ready) return;
    const moved = rehome.check(now());
    if (moved > 0) log.info({ sessions: moved }, "moved sessions off backends that went away");
  };
  const timer = setInterval(check, config.rehome.checkSeconds * 1000);
  timer.unref();
  // A change is looked at soon, once for all changes of this turn of the event loop.
  let due: NodeJS.Immediate | undefined;
  const endChanges = discovery.onChange(({ kind }) => {
    if (kind === "added") return;
    due ??= setImmediate(() => {
      due = undefined;
      check();
    });
  });
  return () => {
    clearInterval(timer);
    clearImmediate(due);
    endChanges();
  };
}
