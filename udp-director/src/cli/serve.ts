import { randomUUID } from "node:crypto";
import { lookup } from "node:dns/promises";
import { pino } from "pino";
import { directorConfigSchema } from "../config/schema.ts";
import { SettingError } from "../config/setting-error.ts";
import { type Director, startDirector } from "../director.ts";
import { BindError } from "../net/bind-error.ts";
import { readConfigFile } from "./config-file.ts";
import { CliError, EXIT } from "./exit.ts";
import { stopSignal } from "./stop-signal.ts";

export interface ServeOptions {
  readonly config: string;
  readonly check?: boolean;
  readonly logLevel: string;
}

/** `udp-director serve`: runs until SIGTERM or SIGINT. */
export async function serve(options: ServeOptions): Promise<void> {
  const config = await readConfigFile(options.config, directorConfigSchema);
  if (options.check) {
    process.stdout.write(`${options.config} is valid\n`);
    return;
  }
  const stopped = stopSignal();
  const log = pino({ name: "udp-director", level: options.logLevel });
  let director: Director;
  try {
    director = await startDirector(config, {
      log,
      now: () => performance.now(),
      newToken: randomUUID,
      environment: process.env,
      resolveName: async (name) => (await lookup(name, { all: true })).map((one) => one.address),
    });
  } catch (error) {
    if (error instanceof SettingError) {
      throw new CliError(`${options.config}: ${error.message}`, EXIT.usage);
    }
    if (error instanceof BindError) throw new CliError(error.message, EXIT.usage);
    throw error;
  }
  const { queryPort, metricsPort, adminPort, dataPorts } = director;
  await Promise.race([director.whenReady, stopped]);
  if (director.notReady().length === 0) {
    log.info({ listen: config.listen, queryPort, dataPorts, metricsPort, adminPort }, "ready");
  }
  const signal = await stopped;
  director.unready("shutdown");
  log.info({ signal }, "stopping");
  const left = await director.drain();
  if (left > 0) log.info({ sessions: left }, "sessions end");
  await director.close();
  log.info({}, "stopped");
}
