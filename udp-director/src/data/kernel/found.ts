import { backendKey, clientKey, type MarkedFlow, type Socket } from "./flow.ts";
import { FAMILIES, type Family, STAMP } from "./ruleset.ts";

/** A flow that a process before has left in the kernel. */
export interface FoundFlow extends MarkedFlow {
  readonly family: Family;
  /** Answers are forwarded as well. */
  readonly handedOver: boolean;
}

/** One of the two tables as it was found. */
export interface FoundTable {
  readonly family: Family;
  /** Which rules it was made with; see `stampOf`. Undefined: rules of a version without stamps. */
  readonly stamp: string | undefined;
  readonly flows: readonly FoundFlow[];
  /** Elements of its maps that are of no whole flow. This program leaves none. */
  readonly strays: number;
}

/** Tables that a process before has left, and whom their flows belong to. */
export class Found {
  readonly tables: readonly FoundTable[];
  readonly #clients: ReadonlySet<string>;

  constructor(tables: readonly FoundTable[]) {
    this.tables = tables;
    this.#clients = new Set(this.flows().map(({ client }) => `${client.address} ${client.port}`));
  }

  flows(): FoundFlow[] {
    return this.tables.flatMap(({ flows }) => flows);
  }

  /** True for the UDP socket of a client that has a flow. */
  hasClient(address: string, port: number): boolean {
    return this.#clients.has(`${address} ${port}`);
  }

  /** Why this process cannot go on with them; undefined: it can. `stamps`: of its own rules. */
  unusable(stamps: Readonly<Record<Family, string>>): string | undefined {
    for (const family of FAMILIES) {
      const table = this.tables.find((one) => one.family === family);
      if (table === undefined) return `there is none for ${family}`;
      if (table.stamp !== stamps[family]) return "they are of other settings or another version";
      if (table.strays > 0) return `${table.strays} elements are of no flow`;
    }
    return undefined;
  }
}

type Json = { readonly [key: string]: unknown };

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null;

/** The parts of a key or value of a map: `7`, or `{"concat": ["10.0.0.1", 7]}`. */
const partsOf = (value: unknown): readonly unknown[] =>
  isObject(value) && Array.isArray(value.concat) ? value.concat : [value];

function socketOf(value: unknown): Socket | undefined {
  const [address, port] = partsOf(value);
  return typeof address === "string" && typeof port === "number" ? { address, port } : undefined;
}

/** Elements of a map by their key, its parts joined as in nft's own text. */
function elementsOf(map: Json | undefined): Map<string, unknown> {
  const elements = new Map<string, unknown>();
  for (const one of Array.isArray(map?.elem) ? map.elem : []) {
    if (Array.isArray(one)) elements.set(partsOf(one[0]).join(" . "), one[1]);
  }
  return elements;
}

function objectsOf(listing: string): readonly unknown[] {
  try {
    const { nftables } = JSON.parse(listing);
    return Array.isArray(nftables) ? nftables : [];
  } catch {
    return [];
  }
}

/** Reads a table as `nft -j list table` prints it. Text that is no listing is a table without anything. */
export function foundTable(family: Family, listing: string): FoundTable {
  const objects = objectsOf(listing);
  const named = (kind: string) =>
    objects.flatMap((one) => (isObject(one) && isObject(one[kind]) ? [one[kind]] : []));
  const names = named("chain").map(({ name }) => String(name));
  const maps = named("map");
  const map = (wanted: string) => elementsOf(maps.find(({ name }) => name === wanted));
  const [marks, backends, sources, zones] = ["marks", "backends", "sources", "flows"].map(map);
  const flows: FoundFlow[] = [];
  let whole = 0;
  for (const [key, mark] of marks ?? []) {
    const flow = flowOf(key, mark, backends?.get(String(mark)), sources?.get(String(mark)));
    if (flow === undefined) continue;
    const zone = zones?.get(clientKey(flow));
    if (typeof zone !== "number") continue;
    const back = zones?.get(backendKey(flow));
    flows.push({ ...flow, zone, family, handedOver: back === zone });
    whole += back === zone ? 5 : 4;
  }
  const all = [marks, backends, sources, zones].reduce((sum, one) => sum + (one?.size ?? 0), 0);
  const stamp = names.find((name) => name.startsWith(STAMP));
  return { family, stamp, flows, strays: all - whole };
}

function flowOf(key: string, mark: unknown, to: unknown, from: unknown) {
  const [address = "", port, dataPort] = key.split(" . ");
  const backend = socketOf(to);
  const source = socketOf(from);
  if (typeof mark !== "number" || backend === undefined || source === undefined) return undefined;
  const client = { address, port: Number(port) };
  return { client, dataPort: Number(dataPort), backend, source, mark };
}
