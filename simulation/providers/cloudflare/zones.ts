import type { Properties } from "../../../components/provider/index.ts";
import { hex } from "../../cloud/identifiers.ts";
import { textOf } from "../../cloud/paths.ts";
import { objectsOf, type World } from "../../cloud/world.ts";

export const CLOUD = "cloudflare";
export const DNS_RECORD = "cloudflare:index/dnsRecord:DnsRecord";

/** Identifier of the zone of that name: 32 hexadecimal digits, the same in every world. */
export const zoneIdOf = (name: string): string => hex(32, "zone", name.toLowerCase());

/** Names of the zones that a world is known to have; with `anyZone` it may have others. */
const zoneNames = (world: World): readonly string[] => [
  ...(world.seed.zones ?? []),
  ...(world.seed.records ?? []).map((record) => record.zone),
];

export function hasZone(world: World, zoneId: string): boolean {
  return world.seed.anyZone !== false || zoneNames(world).some((name) => zoneIdOf(name) === zoneId);
}

const zoneNameOf = (world: World, zoneId: string): string | undefined =>
  zoneNames(world).find((name) => zoneIdOf(name) === zoneId);

/** Whether a lower minimum applies to its TTLs. */
export const isEnterprise = (world: World, zoneId: string): boolean =>
  (world.seed.enterpriseZones ?? []).some((name) => zoneIdOf(name) === zoneId);

/** Full name of a record, as the API returns it: `@` and short names are completed. */
export function fullName(world: World, zoneId: string, name: string): string {
  const zone = zoneNameOf(world, zoneId);
  const lower = name.toLowerCase().replace(/\.$/, "");
  if (zone === undefined || lower === zone || lower.endsWith(`.${zone}`)) {
    return lower;
  }
  return lower === "@" ? zone : `${lower}.${zone}`;
}

/** A DNS record of a zone, a program's or one that was there before. */
export interface DnsRecord {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly content: string;
  readonly proxied: boolean;
  readonly ttl: number;
  readonly inputs: Properties;
}

/** All records of a zone. */
export function recordsIn(world: World, zoneId: string): readonly DnsRecord[] {
  const seeded = (world.seed.records ?? [])
    .filter((record) => zoneIdOf(record.zone) === zoneId)
    .map((record) => ({
      id: hex(32, "record", record.zone, record.name, record.type, record.content),
      name: fullName(world, zoneId, record.name),
      type: record.type,
      content: record.content,
      proxied: record.proxied ?? false,
      ttl: record.ttl ?? 1,
      inputs: {},
    }));
  const made = objectsOf(world, CLOUD, DNS_RECORD)
    .filter((object) => object.inputs.zoneId === zoneId)
    .map(({ id, inputs, outputs }) => ({
      id,
      name: fullName(world, zoneId, String(inputs.name)),
      type: String(inputs.type),
      content: textOf(outputs.content) ?? "",
      proxied: inputs.proxied === true,
      ttl: Number(inputs.ttl),
      inputs,
    }));
  return [...seeded, ...made];
}

/** One of Cloudflare's own addresses, which is what clients get for a proxied name. */
export const ANYCAST = "104.16.0.1";

/**
 * What a client gets for the A or AAAA records of a name: with one of them proxied, Cloudflare's
 * address for all of them. A UDP packet sent there is lost.
 */
export function resolve(
  world: World,
  zone: string,
  name: string,
  type: "A" | "AAAA" = "A",
): string[] {
  const zoneId = zoneIdOf(zone);
  const wanted = fullName(world, zoneId, name);
  const records = recordsIn(world, zoneId).filter(
    (record) => record.name === wanted && (record.type === "A" || record.type === "AAAA"),
  );
  if (records.some((record) => record.proxied)) {
    return [ANYCAST];
  }
  return records.filter((record) => record.type === type).map((record) => record.content);
}
