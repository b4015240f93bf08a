import { Protocol } from "../../endpoint/protocol.ts";
import {
  type Created,
  type CreateRequest,
  type DiffRequest,
  type DiffResult,
  isUnknown,
  type Properties,
  type ResourceHandler,
  UNKNOWN,
} from "../../provider/index.ts";
import { allocate, type NoPort, type PortTable, type PortWish, release } from "./allocation.ts";
import type { PoolPlace, PortStore } from "./store.ts";

/** Inputs of an allocation, once they are known. */
interface Wanted extends PortWish {
  readonly place: PoolPlace;
}

/**
 * An allocation of a port as a resource: created when the port is its own, deleted when it is given
 * back. A preview says which port it would be, with those that the same preview gave to others
 * taken into account; somebody else may be faster in between.
 *
 * @param nowSeconds Seconds since 1970.
 */
export function allocationHandler(
  store: PortStore,
  nowSeconds: () => number,
  warn: (text: string) => void,
): ResourceHandler {
  /**
   * The table with what this preview has shown, by place. The engine asks for several at once, so
   * that each waits for the one before it.
   */
  const shown = new Map<string, Promise<PortTable | undefined>>();

  async function read(place: PoolPlace): Promise<PortTable | undefined> {
    try {
      return await store.read(place);
    } catch (error) {
      warn(`the gateway's allocations can't be read, so no port is shown: ${messageOf(error)}`);
      return undefined;
    }
  }

  async function proposed({ place, ...wish }: Wanted): Promise<number | undefined> {
    const key = JSON.stringify(place);
    const before = shown.get(key) ?? read(place);
    const found = before.then((table) => table && allocate(table, wish, nowSeconds()));
    shown.set(
      key,
      Promise.all([before, found]).then(([table, after]) =>
        after !== undefined && "port" in after ? after.table : table,
      ),
    );
    const result = await found;
    if (result !== undefined && "refused" in result) {
      throw new Error(result.refused);
    }
    return result?.port;
  }

  return {
    diff: (request) => diff(request),
    create: async (request): Promise<Created> => {
      const { inputs } = request;
      const wanted = wantedOf(request);
      if (request.preview) {
        const port = wanted && (await proposed(wanted));
        return { id: "", outputs: { ...inputs, port: port ?? UNKNOWN } };
      }
      if (wanted === undefined) {
        throw new Error("the gateway is not known");
      }
      const { place, ...wish } = wanted;
      const port = await store.change(
        place,
        (table): { table: PortTable; result: number | NoPort } => {
          const found = allocate(table, wish, nowSeconds());
          return "refused" in found
            ? { table, result: found }
            : { table: found.table, result: found.port };
        },
      );
      if (typeof port !== "number") {
        throw new Error(port.refused);
      }
      return { id: idOf(place, port), outputs: { ...inputs, port } };
    },
    read: async ({ id, inputs, outputs, urn }) => {
      const found = placeOf(id, inputs);
      if (found === undefined) {
        throw new Error(`"${id}" is not namespace/protocol-port, such as traefik/udp-11000`);
      }
      const entry = (await store.read(found.place)).get(found.port);
      const owner = String(outputs.owner ?? inputs.owner ?? urn);
      return entry === undefined || entry.releasedAt !== undefined || entry.owner !== owner
        ? undefined
        : { id, inputs, outputs: { ...outputs, port: found.port } };
    },
    update: ({ inputs, oldOutputs }) => ({ ...inputs, port: oldOutputs.port ?? null }),
    delete: async ({ id, inputs, urn }) => {
      const found = placeOf(id, inputs);
      if (found === undefined) {
        return;
      }
      const given = {
        port: found.port,
        owner: String(inputs.owner ?? urn),
        quarantineSeconds: Number(inputs.quarantineSeconds ?? 0),
      };
      await store.change(found.place, (table) => ({
        table: release(table, given, nowSeconds()),
        result: undefined,
      }));
    },
  };
}

function diff({ oldInputs, oldOutputs, news }: DiffRequest): DiffResult {
  const changes: Record<string, "update" | "update-replace"> = {};
  for (const key of ["namespace", "protocol", "owner"]) {
    if (news[key] !== oldInputs[key]) {
      changes[key] = "update-replace";
    }
  }
  // A port that is no longer asked for stays the one that it is.
  if (news.requestedPort !== undefined && news.requestedPort !== oldOutputs.port) {
    changes.requestedPort = "update-replace";
  }
  for (const key of ["from", "to", "reserved", "quarantineSeconds", "kubeconfig"]) {
    if (JSON.stringify(news[key]) !== JSON.stringify(oldInputs[key])) {
      changes[key] = "update";
    }
  }
  // The other way round the new one would be given the old one's port, and lose it right after.
  return { changes, deleteBeforeReplace: true };
}

/** `undefined` while something that decides is not known yet. */
function wantedOf({ inputs, urn }: CreateRequest): Wanted | undefined {
  const deciding = [
    "namespace",
    "protocol",
    "from",
    "to",
    "reserved",
    "requestedPort",
    "kubeconfig",
  ];
  if (deciding.some((key) => isUnknown(inputs[key]))) {
    return undefined;
  }
  const { requestedPort } = inputs;
  return {
    owner: String(inputs.owner ?? urn),
    from: Number(inputs.from),
    to: Number(inputs.to),
    reserved: Array.isArray(inputs.reserved) ? inputs.reserved.map(Number) : [],
    ...(requestedPort === undefined || requestedPort === null
      ? {}
      : { port: Number(requestedPort) }),
    place: placeIn(inputs, String(inputs.namespace), protocolOf(inputs.protocol)),
  };
}

const placeIn = (inputs: Properties, namespace: string, protocol: Protocol): PoolPlace => ({
  namespace,
  protocol,
  kubeconfig: typeof inputs.kubeconfig === "string" ? inputs.kubeconfig : "",
});

const idOf = ({ namespace, protocol }: PoolPlace, port: number): string =>
  `${namespace}/${protocol.toLowerCase()}-${port}`;

function placeOf(id: string, inputs: Properties): { place: PoolPlace; port: number } | undefined {
  const [, namespace, protocol, port] = /^([^/]+)\/(tcp|udp)-(\d+)$/.exec(id) ?? [];
  return namespace === undefined
    ? undefined
    : { place: placeIn(inputs, namespace, protocolOf(protocol)), port: Number(port) };
}

const protocolOf = (value: unknown): Protocol =>
  String(value).toUpperCase() === Protocol.Tcp ? Protocol.Tcp : Protocol.Udp;

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
