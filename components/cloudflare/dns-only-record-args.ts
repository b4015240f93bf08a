import { isIPv4, isIPv6 } from "node:net";
import type { Input } from "@pulumi/pulumi";
import type { Endpoint } from "../endpoint/index.ts";
import { each, invalid, together } from "../endpoint/invalid.ts";
import { oneOf, whole } from "../endpoint/values.ts";
import type { ServiceRecordArgs } from "./service-records.ts";

/** Kinds of record that lead to an endpoint. */
export const RecordType = { A: "A", Aaaa: "AAAA", Cname: "CNAME" } as const;
export type RecordType = (typeof RecordType)[keyof typeof RecordType];

/**
 * What Cloudflare allows.
 * @see https://developers.cloudflare.com/dns/manage-dns-records/reference/ttl/
 */
export const CLOUDFLARE_LIMITS = {
  /** The value that stands for "automatic". */
  automaticTtl: 1,
  /** Seconds; 30 on an Enterprise zone, which is not offered here. */
  minTtlSeconds: 60,
  /** Seconds: one day. */
  maxTtlSeconds: 86_400,
} as const;

/** A name that leads straight to an endpoint, past Cloudflare's proxy. */
export interface DnsOnlyRecordArgs extends ServiceRecordArgs {
  /** Zone by name, such as `example.com`; looked up. Give this or `zoneId`. */
  readonly zone?: Input<string>;
  /** Zone by id, 32 hex digits. Give this or `zone`. */
  readonly zoneId?: Input<string>;
  /**
   * Name within the zone (`udp.debug`), the full name (`udp.debug.example.com`), or `@` for the
   * zone itself. Best one that nothing else uses: it must not share a name with a proxied record.
   */
  readonly name: string;
  /** Where the name leads: `endpoint` of a load balancer, or of another stack. */
  readonly endpoint: Input<Endpoint>;
  /**
   * Which records to make, `A`, `AAAA`, both, or `CNAME` alone (to the endpoint's `hostname`).
   * Left out: `A`. It is said here and not read from the endpoint, so that a preview shows the
   * same records while the addresses are still unknown. Leave `AAAA` out unless the load balancer
   * answers on IPv6: phones try that first.
   */
  readonly recordTypes?: readonly RecordType[];
  /**
   * How many addresses of each version the endpoint has, 1 to 16. Left out: 1. Another number at
   * deployment is an error, not a silently missing record.
   */
  readonly addressesPerType?: number;
  /** Seconds that resolvers may keep the answer, 60 to 86400, or 1 for automatic. Left out: 60. */
  readonly ttl?: number;
  /** Note shown in Cloudflare's dashboard. Left out: none. */
  readonly comment?: string;
}

/** One record to make. */
export interface PlannedRecord {
  /** Ending of the child's name: `a`, `aaaa-2`, `cname`. */
  readonly part: string;
  readonly type: RecordType;
  /** Which of the endpoint's addresses of that version, from 0. */
  readonly index: number;
}

const MAX_ADDRESSES = 16;
/** A label of a host name, or of a service (`_udp`); RFC 1035 section 2.3.4 gives the length. */
const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i;

/**
 * Checks the arguments and says which records they make, before anything is registered.
 *
 * @throws InputPropertyError naming the property; for several InputPropertiesError.
 */
export function planRecords(args: DnsOnlyRecordArgs): readonly PlannedRecord[] {
  const { addressesPerType = 1 } = args;
  const [types] = together(
    () => checkTypes(args.recordTypes ?? [RecordType.A]),
    () => {
      if ((args.zone === undefined) === (args.zoneId === undefined)) {
        invalid("zone", "and zoneId: give exactly one of the two");
      }
    },
    () => checkName(args.name),
    () => checkTtl(args.ttl ?? CLOUDFLARE_LIMITS.minTtlSeconds),
    () => whole("addressesPerType", addressesPerType, { min: 1, max: MAX_ADDRESSES }),
  );
  return types.flatMap((type) =>
    Array.from({ length: type === RecordType.Cname ? 1 : addressesPerType }, (_, index) => ({
      part: index === 0 ? type.toLowerCase() : `${type.toLowerCase()}-${index + 1}`,
      type,
      index,
    })),
  );
}

function checkName(name: string): void {
  if (name !== "@" && !name.split(".").every((label) => LABEL.test(label))) {
    invalid("name", `"${name}" is not a DNS name: labels of a-z, 0-9 and hyphens, or @`);
  }
}

function checkTtl(ttl: number): void {
  const { automaticTtl, minTtlSeconds, maxTtlSeconds } = CLOUDFLARE_LIMITS;
  const inRange = Number.isInteger(ttl) && ttl >= minTtlSeconds && ttl <= maxTtlSeconds;
  if (!inRange && ttl !== automaticTtl) {
    invalid(
      "ttl",
      `${ttl} is not allowed: ${minTtlSeconds} to ${maxTtlSeconds} seconds, or ${automaticTtl} for automatic`,
    );
  }
}

function checkTypes(types: readonly RecordType[]): readonly RecordType[] {
  if (types.length === 0) {
    invalid(
      "recordTypes",
      `is empty: give at least one of ${Object.values(RecordType).join(", ")}`,
    );
  }
  each(types, (type, index) => {
    oneOf(`recordTypes[${index}]`, type, RecordType);
    if (types.indexOf(type) !== index) {
      invalid(`recordTypes[${index}]`, `"${type}" is given twice`);
    }
  });
  if (types.includes(RecordType.Cname) && types.length > 1) {
    invalid("recordTypes", "has CNAME and others, but a CNAME tolerates no other record beside it");
  }
  return types;
}

/** The full name of a record, in lower case. Cloudflare gives full names back, so no drift arises. */
export function fullName(name: string, zone: string): string {
  const [record, apex] = [name.toLowerCase(), zone.toLowerCase()];
  if (record === "@" || record === apex) {
    return apex;
  }
  return record.endsWith(`.${apex}`) ? record : `${record}.${apex}`;
}

/**
 * What a record holds.
 *
 * @throws InputPropertyError if the endpoint has no such address, or another number of them.
 */
export function recordContent(
  endpoint: Endpoint,
  { type, index }: PlannedRecord,
  count: number,
): string {
  if (type === RecordType.Cname) {
    return (
      endpoint.hostname ??
      invalid("endpoint.hostname", "is missing, which a CNAME needs: use A or AAAA")
    );
  }
  const version = type === RecordType.A ? isIPv4 : isIPv6;
  const found = endpoint.addresses.filter((address) => version(address));
  if (found.length !== count) {
    invalid(
      "endpoint.addresses",
      `has ${found.length} for ${type} records, and addressesPerType is ${count}: set it to the number there is, or change recordTypes`,
    );
  }
  return found[index] ?? invalid("endpoint.addresses", `has no address number ${index + 1}`);
}

/** An existing record, as the look-up gives it. */
export interface ExistingRecord {
  readonly name: string;
  readonly type: string;
  readonly content?: string;
  readonly proxied?: boolean;
}

/**
 * Refuses a name that has a proxied address record: Cloudflare then treats every address of the
 * name as proxied, clients get Cloudflare's own addresses, and UDP packets end there.
 *
 * @returns The name, so that nothing is made of one that was not checked.
 * @throws InputPropertyError for a proxied sibling, or if the look-up gave no list.
 * @see https://developers.cloudflare.com/dns/proxy-status/
 */
export function checkSiblings(name: string, existing: readonly ExistingRecord[]): string {
  if (!Array.isArray(existing)) {
    invalid("name", `"${name}" could not be checked: Cloudflare gave no list of its records`);
  }
  const proxied = existing.find(
    (record) => record.proxied === true && Object.values<string>(RecordType).includes(record.type),
  );
  if (proxied !== undefined) {
    invalid(
      "name",
      `"${name}" has a proxied ${proxied.type} record (${proxied.content ?? "no content"}), and Cloudflare would send this one's UDP packets to its proxy, which drops them: use a name of its own, or set that record to DNS only`,
    );
  }
  return name;
}
