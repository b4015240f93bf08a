import type { Protocol } from "../../endpoint/index.ts";
import type { PortEntry, PortTable } from "./allocation.ts";

/** Where a gateway's table lies. */
export interface PoolPlace {
  /** Namespace of the gateway. */
  readonly namespace: string;
  readonly protocol: Protocol;
  /** Text of a kubeconfig; empty for that of the one who runs Pulumi. */
  readonly kubeconfig: string;
}

/**
 * Keeps tables of ports. `change` is atomic: of two that run at once, one sees what the other wrote.
 */
export interface PortStore {
  read(place: PoolPlace): Promise<PortTable>;
  /** @returns What `change` returned at last; it may be called several times. */
  change<T>(
    place: PoolPlace,
    change: (table: PortTable) => { readonly table: PortTable; readonly result: T },
  ): Promise<T>;
}

/** `udp-11003`: a port in the data of a ConfigMap. */
const KEY = /^(tcp|udp)-(\d+)$/;

/** The table of a protocol out of a ConfigMap's data; what cannot be read counts as somebody's. */
export function tableOf(data: Readonly<Record<string, string>>, protocol: Protocol): PortTable {
  return new Map(
    Object.entries(data).flatMap(([key, text]) => {
      const [, kind, port] = KEY.exec(key) ?? [];
      return kind === protocol.toLowerCase() ? [[Number(port), entryOf(text)] as const] : [];
    }),
  );
}

/** A ConfigMap's data with the table of a protocol in the place of the one that it had. */
export function withTable(
  data: Readonly<Record<string, string>>,
  protocol: Protocol,
  table: PortTable,
): Record<string, string> {
  const others = Object.entries(data).filter(
    ([key]) => KEY.exec(key)?.[1] !== protocol.toLowerCase(),
  );
  const own = [...table].map(
    ([port, entry]) => [`${protocol.toLowerCase()}-${port}`, JSON.stringify(entry)] as const,
  );
  return Object.fromEntries([...others, ...own].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function entryOf(text: string): PortEntry {
  try {
    const { owner, releasedAt, quarantineSeconds } = JSON.parse(text);
    if (typeof owner === "string") {
      return {
        owner,
        ...(typeof releasedAt === "number" ? { releasedAt } : {}),
        ...(typeof quarantineSeconds === "number" ? { quarantineSeconds } : {}),
      };
    }
  } catch {
    // Somebody wrote it by hand: the port is theirs until they take it out.
  }
  return { owner: text };
}

/** Tables in memory, for tests and for previews of a cluster that is not there yet. */
export function memoryPortStore(): PortStore {
  const tables = new Map<string, PortTable>();
  const key = ({ namespace, protocol }: PoolPlace) => `${namespace} ${protocol}`;
  const store: PortStore = {
    read: async (place) => tables.get(key(place)) ?? new Map(),
    change: async (place, change) => {
      const { table, result } = change(await store.read(place));
      tables.set(key(place), table);
      return result;
    },
  };
  return store;
}
