import { ApiException, CoreV1Api, KubeConfig, type V1ConfigMap } from "@kubernetes/client-node";
import type { PortTable } from "./allocation.ts";
import { type PoolPlace, type PortStore, tableOf, withTable } from "./store.ts";

/** Name of the ConfigMap beside the gateway. */
export const CONFIG_MAP = "udp-port-allocations";

/** How often a change is tried again that another one was faster than. */
const MAX_ATTEMPTS = 50;

/**
 * Tables in a ConfigMap of the gateway's namespace. A change names the version that it was made
 * from (`resourceVersion`), and the API server refuses it if somebody else wrote in between; it is
 * then made again from what they wrote. So stacks, people and pipelines may share a gateway.
 *
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
 */
export function configMapStore(connect: (place: PoolPlace) => CoreV1Api = connection): PortStore {
  return {
    read: async (place) => tableIn(await find(connect(place), place), place),
    change: async (place, change) => {
      const api = connect(place);
      for (let attempt = 1; ; attempt++) {
        const found = await find(api, place);
        const { table, result } = change(tableIn(found, place));
        try {
          await write(api, place, found, table);
          return result;
        } catch (error) {
          if (!isStatus(error, 409) || attempt === MAX_ATTEMPTS) {
            throw error;
          }
        }
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * attempt));
      }
    },
  };
}

function connection({ kubeconfig }: PoolPlace): CoreV1Api {
  const config = new KubeConfig();
  if (kubeconfig === "") {
    config.loadFromDefault();
  } else {
    config.loadFromString(kubeconfig);
  }
  return config.makeApiClient(CoreV1Api);
}

async function find(api: CoreV1Api, { namespace }: PoolPlace): Promise<V1ConfigMap | undefined> {
  try {
    return await api.readNamespacedConfigMap({ name: CONFIG_MAP, namespace });
  } catch (error) {
    if (isStatus(error, 404)) {
      return undefined;
    }
    throw error;
  }
}

async function write(
  api: CoreV1Api,
  { namespace, protocol }: PoolPlace,
  found: V1ConfigMap | undefined,
  table: PortTable,
): Promise<void> {
  const data = withTable(found?.data ?? {}, protocol, table);
  if (found === undefined) {
    const metadata = {
      name: CONFIG_MAP,
      namespace,
      labels: { "app.kubernetes.io/managed-by": "pulumi", "app.kubernetes.io/name": "pulumi-udp" },
    };
    await api.createNamespacedConfigMap({ namespace, body: { metadata, data } });
  } else {
    // With the version that was read in its metadata.
    await api.replaceNamespacedConfigMap({ name: CONFIG_MAP, namespace, body: { ...found, data } });
  }
}

const tableIn = (found: V1ConfigMap | undefined, { protocol }: PoolPlace): PortTable =>
  tableOf(found?.data ?? {}, protocol);

function isStatus(error: unknown, status: number): boolean {
  return error instanceof ApiException && error.code === status;
}
