import { readFile } from "node:fs/promises";
import { SettingError } from "../config/setting-error.ts";
import { HttpPort } from "../net/http-port.ts";
import { RateLimit } from "../protection/rate-limit.ts";
import { directoryApp } from "./app.ts";
import { HealthPoller } from "./health.ts";
import type { Probe } from "./probes.ts";
import type { DirectoryConfig } from "./schema.ts";

/** What the directory needs from outside. */
export interface DirectoryDependencies {
  readonly probe: Probe;
  readonly log: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
  /** Milliseconds that only grow. */
  readonly now: () => number;
}

/** A running directory. */
export interface Directory {
  readonly port: number;
  /** Takes readiness away while it still answers. */
  unready(): void;
  close(): Promise<void>;
}

/** Sources whose requests are counted; about 100 bytes each. */
const MAX_SOURCES = 10_000;

/** Reads the token whenever it is asked for. Rejects with SettingError when there is none now. */
async function tokenReader(file: string | undefined): Promise<() => Promise<string | undefined>> {
  if (file === undefined) return async () => undefined;
  const read = async () => (await readFile(file, "utf8")).trim();
  const token = await read().catch((error: Error) => {
    throw new SettingError(`tokenFile: cannot read a token from ${file}: ${error.message}`);
  });
  if (token === "") throw new SettingError(`tokenFile: ${file} is empty; put a token into it`);
  return () => read().catch(() => "");
}

/**
 * Listens on every address and polls health. Port 0 takes a free one. Rejects with BindError, or
 * with SettingError when the token cannot be read.
 */
export async function startDirectory(
  config: DirectoryConfig,
  { probe, log, now }: DirectoryDependencies,
): Promise<Directory> {
  let ready = false;
  const token = await tokenReader(config.tokenFile);
  const health = new HealthPoller(config.endpoints, probe, (name, healthy) => {
    if (healthy) log.info({ endpoint: name }, "endpoint is healthy");
    else log.warn({ endpoint: name }, "endpoint is not healthy");
  });
  const { perSecond, burst } = config.rateLimit;
  const limit = new RateLimit(perSecond, burst, MAX_SOURCES);
  const http = new HttpPort(
    () =>
      directoryApp({
        config,
        token,
        health: (name) => health.of(name),
        ready: () => ready,
        allowed: (source) => limit.take(now(), source),
      }),
    "port",
    "port",
    (message) => log.info({}, message),
  );
  const close = async () => {
    health.close();
    await http.close();
  };
  const port = await http.listen(config.listen, config.port).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  await health.start();
  ready = true;
  return {
    port,
    unready: () => {
      ready = false;
    },
    close,
  };
}
