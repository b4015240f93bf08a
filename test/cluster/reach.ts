import { setTimeout as pause } from "node:timers/promises";
import { DirectorUnreachable } from "../../udp-director/src/client/index.ts";

/**
 * Tries until somebody on the LAN answers for an address: a Service has it a moment before. Gives
 * up after half a minute, and with any other error at once.
 */
export async function untilReached<T>(call: () => Promise<T>): Promise<T> {
  for (const until = performance.now() + 30_000; ; await pause(200)) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof DirectorUnreachable) || performance.now() > until) throw error;
    }
  }
}
