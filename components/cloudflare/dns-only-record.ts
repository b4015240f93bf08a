import { DnsRecord } from "@pulumi/cloudflare/dnsRecord.js";
import { getDnsRecordsOutput } from "@pulumi/cloudflare/getDnsRecords.js";
import { getZoneOutput } from "@pulumi/cloudflare/getZone.js";
import {
  all,
  ComponentResource,
  type ComponentResourceOptions,
  interpolate,
  type Output,
  output,
} from "@pulumi/pulumi";
import type { Endpoint } from "../endpoint/index.ts";
import { checkedLater, together } from "../endpoint/invalid.ts";
import {
  CLOUDFLARE_LIMITS,
  checkSiblings,
  type DnsOnlyRecordArgs,
  fullName,
  planRecords,
  RecordType,
  recordContent,
} from "./dns-only-record-args.ts";
import { planServiceRecords } from "./service-records.ts";

/**
 * A DNS name that leads straight to an endpoint. Never proxied: Cloudflare's proxy carries HTTP,
 * and drops UDP. The name is checked for proxied siblings in every preview.
 *
 * The records depend on whatever the endpoint's addresses come from, so they are deleted before
 * an address is given back and may belong to somebody else.
 *
 * @see https://developers.cloudflare.com/dns/proxy-status/
 */
export class DnsOnlyRecord extends ComponentResource {
  /** The full name, such as `udp.debug.example.com`. */
  readonly hostname: Output<string>;

  /**
   * @param name Unique among the program's components; children are named `<name>-a`,
   * `<name>-aaaa` or `<name>-cname`, with `-2` and so on for further addresses, and
   * `<name>-srv-<service>-<protocol>`, `<name>-https` and `<name>-txt`.
   * @throws InputPropertyError naming the property, before anything is registered.
   */
  constructor(name: string, args: DnsOnlyRecordArgs, opts?: ComponentResourceOptions) {
    const alias = args.recordTypes?.includes(RecordType.Cname) ?? false;
    const [planned, services] = together(
      () => planRecords(args),
      () => planServiceRecords(args, alias),
    );
    super("pulumi-udp:cloudflare:DnsOnlyRecord", name, {}, opts);

    const zone = getZoneOutput(
      args.zone === undefined
        ? { zoneId: output(args.zoneId ?? "") }
        : { filter: { name: args.zone } },
      { parent: this },
    );
    const zoneId = zone.apply((found) => found.zoneId);
    const fqdn = zone.apply((found) => fullName(args.name, found.name));
    const siblings = getDnsRecordsOutput({ zoneId, name: { exact: fqdn } }, { parent: this });
    this.hostname = all([fqdn, siblings.results]).apply(([checked, existing]) =>
      checkedLater(this, () => checkSiblings(checked, existing)),
    );

    const common = {
      zoneId,
      proxied: false,
      ttl: args.ttl ?? CLOUDFLARE_LIMITS.minTtlSeconds,
      ...(args.comment === undefined ? {} : { comment: args.comment }),
    };
    for (const record of planned) {
      new DnsRecord(
        `${name}-${record.part}`,
        {
          ...common,
          name: this.hostname,
          type: record.type,
          content: output(args.endpoint).apply((endpoint) =>
            checkedLater(this, () => recordContent(endpoint, record, args.addressesPerType ?? 1)),
          ),
        },
        { parent: this },
      );
    }
    for (const { part, type, prefix, content } of services) {
      const held = all([args.endpoint, this.hostname]).apply(([endpoint, hostname]) =>
        checkedLater(this, () => content(endpoint as Endpoint, hostname)),
      );
      new DnsRecord(
        `${name}-${part}`,
        {
          ...common,
          name: interpolate`${prefix}${this.hostname}`,
          type,
          ...(type === "TXT"
            ? { content: held.apply((one) => ("content" in one ? one.content : "")) }
            : { data: held.apply((one) => ("data" in one ? one.data : {})) }),
        },
        { parent: this },
      );
    }
    this.registerOutputs({ hostname: this.hostname });
  }
}
