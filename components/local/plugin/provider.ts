import type { Provider } from "../../provider/index.ts";
import { processHandler } from "../process/handler.ts";

/** Name of the plugin and first part of its type tokens. */
export const PLUGIN_NAME = "udp-local";
export const PROCESS_TYPE = `${PLUGIN_NAME}:index:Process`;

/** Provider of processes on this machine. */
export const localProvider: Provider = {
  name: PLUGIN_NAME,
  version: "0.1.0",
  resource: (type) => (type === PROCESS_TYPE ? processHandler : undefined),
};
