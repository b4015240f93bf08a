import type { Properties, Value } from "../../../components/provider/index.ts";
import { hex } from "../../cloud/identifiers.ts";
import { mapOf, textOf } from "../../cloud/paths.ts";
import type { CloudFunction } from "../../cloud/provider.ts";
import type { World } from "../../cloud/world.ts";
import { type DnsRecord, fullName, hasZone, recordsIn, zoneIdOf } from "./zones.ts";

function zone(name: string): Properties {
  const id = zoneIdOf(name);
  return {
    id,
    zoneId: id,
    name,
    account: { id: hex(32, "account"), name: "Simulated account" },
    nameServers: ["ada.ns.cloudflare.com", "bob.ns.cloudflare.com"],
    originalNameServers: [],
    paused: false,
    status: "active",
    type: "full",
    createdOn: "2026-01-01T00:00:00Z",
    modifiedOn: "2026-01-01T00:00:00Z",
    activatedOn: "2026-01-01T00:00:00Z",
    developmentMode: 0,
    permissions: ["#dns_records:edit", "#zone:read"],
    vanityNameServers: [],
  };
}

const zonesNamed = (world: World, name: string | undefined): readonly Properties[] => {
  if (name === undefined) {
    return (world.seed.zones ?? []).map(zone);
  }
  return hasZone(world, zoneIdOf(name)) ? [zone(name)] : [];
};

const getZone: CloudFunction = (args, world) => {
  const name = textOf(mapOf(args.filter).name);
  const found =
    name === undefined
      ? (world.seed.zones ?? []).filter((known) => zoneIdOf(known) === args.zoneId).map(zone)
      : zonesNamed(world, name);
  const [only, ...others] = found;
  if (only === undefined || others.length > 0) {
    throw new Error(
      `failed to make http request: expected exactly one zone for ${JSON.stringify(args)}, found ${found.length}`,
    );
  }
  return { ...only, filter: args.filter ?? null };
};

const getZones: CloudFunction = (args, world) => ({
  ...args,
  match: args.match ?? "all",
  results: zonesNamed(world, textOf(args.name)),
});

const describe = (record: DnsRecord): Properties => ({
  id: record.id,
  name: record.name,
  type: record.type,
  content: record.content,
  proxied: record.proxied,
  proxiable: ["A", "AAAA", "CNAME"].includes(record.type),
  ttl: record.ttl,
  comment: textOf(record.inputs.comment) ?? "",
  data: record.inputs.data ?? null,
  tags: record.inputs.tags ?? [],
});

const getDnsRecords: CloudFunction = (args, world) => {
  const zoneId = String(args.zoneId);
  if (!hasZone(world, zoneId)) {
    throw new Error(
      `Could not route to /client/v4/zones/${zoneId}/dns_records, perhaps your object identifier is invalid? (7003)`,
    );
  }
  const matches = (value: string, filter: Value | undefined, exact: (text: string) => string) => {
    const { exact: whole, contains, startswith, endswith } = mapOf(filter);
    return (
      (whole === undefined || value === exact(String(whole))) &&
      (contains === undefined || value.includes(String(contains))) &&
      (startswith === undefined || value.startsWith(String(startswith))) &&
      (endswith === undefined || value.endsWith(String(endswith)))
    );
  };
  const results = recordsIn(world, zoneId).filter(
    (record) =>
      (args.type === undefined || record.type === args.type) &&
      (args.proxied === undefined || record.proxied === args.proxied) &&
      matches(record.name, args.name, (name) => fullName(world, zoneId, name)) &&
      matches(record.content, args.content, (content) => content),
  );
  return {
    ...args,
    direction: args.direction ?? "asc",
    match: args.match ?? "all",
    order: args.order ?? "type",
    tagMatch: args.tagMatch ?? "all",
    results: results.slice(0, Number(args.maxItems ?? 1000)).map(describe),
  };
};

export const functions: Readonly<Record<string, CloudFunction>> = {
  "cloudflare:index/getZone:getZone": getZone,
  "cloudflare:index/getZones:getZones": getZones,
  "cloudflare:index/getDnsRecords:getDnsRecords": getDnsRecords,
};
