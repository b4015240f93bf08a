import { randomUUID } from "node:crypto";
import { lookup } from "node:dns/promises";
import { pino } from "pino";
import { directorConfigSchema } from "../config/schema.ts";
import { SettingError } from "../config/setting-error.ts";
import { type Director, startDirector } from "../director.ts";
import { FileWatch } from "../files/file-watch.ts";
import { BindError } from "../net/bind-error.ts";
import { readConfigFile } from "./config-file.ts";
import { CliError, EXIT } from "./exit.ts";
import { stopSignal } from "./stop-signal.ts";

export interface ServeOptions {
  readonly config: string;
  readonly check?: boolean;
  /** Follow changes of the configuration file. */
  readonly reload: boolean;
  readonly logLevel: string;
}

/** Time between two looks at the configuration file. Milliseconds. */
const POLL_MS = 1000;

/**
 * `udp-director serve`: runs until SIGTERM or SIGINT. A changed configuration file, or SIGHUP,
 * is applied to the running director.
 */
export async function serve(options: ServeOptions): Promise<void> {
  const read = () => readConfigFile(options.config, directorConfigSchema);
  if (options.check) {
    await read();
    process.stdout.write(`${options.config} is valid\n`);
    return;
  }
  // Before the file is read, so that no change of it is missed, nor a signal.
  const started = Promise.withResolvers<Director>();
  const reload = () => void started.promise.then((director) => director.reload(read));
  process.on("SIGHUP", reload);
  const watch = options.reload ? new FileWatch(options.config, POLL_MS) : undefined;
  watch?.start(reload);
  const config = await read();
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
  started.resolve(director);
  const { queryPort, metricsPort, adminPort, dataPorts } = director;
  await Promise.race([director.whenReady, stopped]);
  if (director.notReady().length === 0) {
    log.info({ listen: config.listen, queryPort, dataPorts, metricsPort, adminPort }, "ready");
  }
  const signal = await stopped;
  watch?.close();
  director.unready("shutdown");
  log.info({ signal }, "stopping");
  const left = await director.drain();
  if (left > 0) log.info({ sessions: left }, "sessions end");
  await director.close();
  log.info({}, "stopped");
}
