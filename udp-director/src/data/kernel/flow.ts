import { isIPv6 } from "node:net";
import type { Forwarded } from "./counts.ts";
import { type Family, TABLE } from "./ruleset.ts";

/** An address and a port. */
export interface Socket {
  readonly address: string;
  readonly port: number;
}

/** What the kernel forwards by itself: one client's packets to one data port, and the answers. */
export interface Flow {
  readonly client: Socket;
  /** Number of the director's data port. */
  readonly dataPort: number;
  readonly backend: Socket;
  /** The director's own address and port that the backend sees. */
  readonly source: Socket;
}

/** A flow and the number by which rules know it. */
export interface MarkedFlow extends Flow {
  /** A multiple of MARK_STEP, up to MARKS times that. */
  readonly mark: number;
  /** Where connection tracking looks its packets up: 1 to 65535; 0 is where everything else is. */
  readonly zone: number;
}

/** Marks leave their last byte to the epoch in which a flow was last seen active; see ruleset.ts. */
export const MARK_STEP = 0x100;
/** Most marks and zones. */
export const MARKS = 0xff_ffff;
export const ZONES = 0xffff;

/** The version of IP that a flow has on both sides; undefined for one that would be translated. */
export function familyOf({ client, backend, source }: Flow): Family | undefined {
  const six = isIPv6(client.address);
  if (six !== isIPv6(backend.address) || six !== isIPv6(source.address)) return undefined;
  return six ? "ip6" : "ip";
}

const pair = ({ address, port }: Socket): string => `${address} . ${port}`;

/** One element to add to a set or map of a table, or to delete from it. */
export interface Change {
  readonly verb: "add" | "delete";
  readonly family: Family;
  readonly set: "flows" | "marks" | "backends" | "sources" | "banned";
  /** The element; of a map that is deleted from, its key. */
  readonly element: string;
}

/** Key of a flow in the maps `flows` and `marks`. */
export const clientKey = ({ client, dataPort }: Pick<Flow, "client" | "dataPort">): string =>
  `${pair(client)} . ${dataPort}`;
/** Key of its answers in the map `flows`. */
export const backendKey = ({ backend, source }: Pick<Flow, "backend" | "source">): string =>
  `${pair(backend)} . ${source.port}`;

/** Makes the kernel forward a client's packets; answers still come to the director's socket. */
export function offered(family: Family, flow: MarkedFlow): Change[] {
  const { mark, zone, backend, source } = flow;
  const add = (set: Change["set"], element: string): Change =>
    ({ verb: "add", family, set, element }) as const;
  return [
    add("backends", `${mark} : ${pair(backend)}`),
    add("sources", `${mark} : ${pair(source)}`),
    add("marks", `${clientKey(flow)} : ${mark}`),
    add("flows", `${clientKey(flow)} : ${zone}`),
  ];
}

/** Makes the kernel forward the answers as well. Its flow has to exist: a client's packet made it. */
export function handedOver(family: Family, flow: MarkedFlow): Change[] {
  return [{ verb: "add", family, set: "flows", element: `${backendKey(flow)} : ${flow.zone}` }];
}

/** Gives a flow that is not handed over yet the zone that it has now. */
export function zoned(family: Family, flow: MarkedFlow): Change[] {
  return [
    { verb: "delete", family, set: "flows", element: clientKey(flow) },
    { verb: "add", family, set: "flows", element: `${clientKey(flow)} : ${flow.zone}` },
  ];
}

/** Gives both directions back to the director's sockets. */
export function withdrawn(family: Family, flow: MarkedFlow, wasHandedOver: boolean): Change[] {
  const remove = (set: Change["set"], element: string): Change =>
    ({ verb: "delete", family, set, element }) as const;
  return [
    remove("flows", clientKey(flow)),
    ...(wasHandedOver ? [remove("flows", backendKey(flow))] : []),
    remove("marks", clientKey(flow)),
    remove("sources", `${flow.mark}`),
    remove("backends", `${flow.mark}`),
  ];
}

/** Has packets of a source that are in no flow dropped, for a time. Milliseconds. */
export const banned = (source: string, forMs: number): Change[] => [
  ban("add", source, ` timeout ${Math.max(1, Math.ceil(forMs))}ms`),
];

/** Lets them through. What is not banned any more is banned first: nothing else may be deleted. */
export const unbanned = (source: string): Change[] => [
  ban("add", source, " timeout 1s"),
  ban("delete", source),
];

function ban(verb: Change["verb"], source: string, rest = ""): Change {
  const family = source.includes(":") ? "ip6" : "ip";
  return { verb, family, set: "banned", element: source.replace(/\/64$/, "") + rest };
}

/**
 * Changes as nft's commands, one for each verb and set, in the order in which these come first: a
 * hundred elements in one cost little more than one.
 */
export function commands(changes: readonly Change[]): string[] {
  const bySet = Map.groupBy(changes, ({ verb, family, set }) =>
    [verb, "element", family, TABLE, set].join(" "),
  );
  return [...bySet].map(
    ([command, all]) => `${command} { ${all.map(({ element }) => element).join(", ")} }`,
  );
}

/** Marks in the listing of a set with timeouts, as nft writes JSON: `{"elem": {"val": 1001, …}}` each. */
export function* listedMarks(listing: string): Generator<number> {
  for (const [, mark] of listing.matchAll(/"val": (\d+)/g)) yield Number(mark);
}

/** Packets and bytes of IP by name in a listing of counters. */
export function listedCounters(listing: string): Record<string, Forwarded> {
  const found = listing.matchAll(/"name": "(\w+)",[^{}]*"packets": (\d+), "bytes": (\d+)/g);
  return Object.fromEntries(
    [...found].map(([, name, packets, bytes]) => [
      name,
      { packets: Number(packets), bytes: Number(bytes) },
    ]),
  );
}
