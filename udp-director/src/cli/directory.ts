import { pino } from "pino";
import { SettingError } from "../config/setting-error.ts";
import { networkProbe } from "../directory/probes.ts";
import { directoryConfigSchema } from "../directory/schema.ts";
import { type Directory, startDirectory } from "../directory/server.ts";
import { BindError } from "../net/bind-error.ts";
import { readConfigFile } from "./config-file.ts";
import { CliError, EXIT } from "./exit.ts";
import type { ServeOptions } from "./serve.ts";
import { stopSignal } from "./stop-signal.ts";

/** `udp-director directory`: runs until SIGTERM or SIGINT. */
export async function directoryCommand(options: ServeOptions): Promise<void> {
  const config = await readConfigFile(options.config, directoryConfigSchema);
  if (options.check) {
    process.stdout.write(`${options.config} is valid\n`);
    return;
  }
  const stopped = stopSignal();
  const log = pino({ name: "udp-director-directory", level: options.logLevel });
  let directory: Directory;
  try {
    directory = await startDirectory(config, {
      probe: networkProbe,
      log,
      now: () => performance.now(),
    });
  } catch (error) {
    if (error instanceof BindError || error instanceof SettingError) {
      throw new CliError(error.message, EXIT.usage);
    }
    throw error;
  }
  log.info({ listen: config.listen, port: directory.port }, "ready");
  const signal = await stopped;
  directory.unready();
  await directory.close();
  log.info({ signal }, "stopped");
}
