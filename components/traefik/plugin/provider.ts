import type { Provider } from "../../provider/index.ts";
import { allocationHandler } from "../ports/handler.ts";
import type { PortStore } from "../ports/store.ts";

/** Name of the plugin and first part of its type tokens. */
export const PLUGIN_NAME = "udp-ports";
export const ALLOCATION_TYPE = `${PLUGIN_NAME}:index:Allocation`;

/** Provider of ports of gateways, in a store of one's choice. */
export function portsProvider(
  store: PortStore,
  nowSeconds = () => Math.floor(Date.now() / 1000),
): Provider {
  const warn = (text: string) => process.stderr.write(`warning: ${text}\n`);
  const handler = allocationHandler(store, nowSeconds, warn);
  return {
    name: PLUGIN_NAME,
    version: "0.1.0",
    resource: (type) => (type === ALLOCATION_TYPE ? handler : undefined),
  };
}
