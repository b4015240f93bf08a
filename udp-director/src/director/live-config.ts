import { isDeepStrictEqual } from "node:util";
import type { DirectorConfig } from "../config/schema.ts";

/** The configuration that is in force. Parts that read it when they need it follow a reload. */
export interface LiveConfig {
  readonly config: DirectorConfig;
}

/** Settings that sockets, stores and open files depend on: they change with a restart. */
export const RESTART_KEYS = [
  "listen",
  "queryPort",
  "dataPorts",
  "portRanges",
  "metricsPort",
  "metricsListen",
  "controlPacketMagicBytes",
  "store",
  "admin",
  "tracing",
  "queryTls",
  "queryTokensFile",
] as const;

/** `next` as far as it can be applied to a director that runs with `running`. */
export function applicable(
  running: DirectorConfig,
  next: DirectorConfig,
): { readonly config: DirectorConfig; readonly restartFor: readonly string[] } {
  const restartFor: string[] = RESTART_KEYS.filter((key) => {
    return !isDeepStrictEqual(running[key], next[key]);
  });
  const { resume } = running.tokens;
  if (next.tokens.resume !== resume) restartFor.push("tokens.resume");
  const kept = Object.fromEntries(RESTART_KEYS.map((key) => [key, running[key]]));
  return { config: { ...next, ...kept, tokens: { ...next.tokens, resume } }, restartFor };
}
