import { isIPv4, isIPv6 } from "node:net";
import { isUnknown, type Properties } from "../../../components/provider/index.ts";
import type { Fact, ImmutableFact } from "../../cloud/fact.ts";
import { mapOf, textOf } from "../../cloud/paths.ts";
import type { Rule, RuleSubject } from "../../cloud/rule.ts";
import { type DnsRecord, fullName, hasZone, isEnterprise, recordsIn } from "./zones.ts";

const SCHEMA = "cloudflare/terraform-provider-cloudflare internal/services/dns_record/schema.go";
const RESOURCE =
  "cloudflare/terraform-provider-cloudflare internal/services/dns_record/resource.go";
const SAME_NAME =
  "https://developers.cloudflare.com/dns/manage-dns-records/troubleshooting/records-with-same-name/";

const TYPES =
  "A AAAA CAA CERT CNAME DNSKEY DS HTTPS LOC MX NAPTR NS OPENPGPKEY PTR SMIMEA SRV SSHFP SVCB TLSA TXT URI".split(
    " ",
  );
const ADDRESS_TYPES = ["A", "AAAA"];
const PROXIABLE = [...ADDRESS_TYPES, "CNAME"];
/** Record types that are described by `data`, not by `content`. */
const STRUCTURED = ["SRV", "HTTPS", "SVCB", "CAA", "LOC", "NAPTR", "TLSA", "SSHFP", "URI"];

export const noAutoname: Fact = {
  id: "cloudflare-no-autoname",
  basis: "read",
  says: "A record's name is never made up: it has to be given.",
  source: "@pulumi/cloudflare dnsRecord.d.ts (name is required)",
};

export const zoneImmutable: ImmutableFact = {
  id: "cloudflare-record-immutable",
  basis: "read",
  says: "Only a change of the zone replaces a record; name, type and content change in place.",
  source: `${SCHEMA} (RequiresReplace)`,
  paths: ["zoneId"],
};

export const recordType: Rule = {
  id: "cloudflare-record-type",
  basis: "read",
  stage: "check",
  severity: "refuse",
  says: "The type is one of 21 record types.",
  source: SCHEMA,
  broken: ({ inputs }) =>
    isUnknown(inputs.type) || TYPES.includes(String(inputs.type).toUpperCase())
      ? undefined
      : {
          property: "type",
          reason: `value must be one of ${TYPES.join(", ")}, got: "${inputs.type}"`,
        },
};

export const ports: Rule = {
  id: "cloudflare-record-number-ranges",
  basis: "read",
  stage: "check",
  severity: "refuse",
  says: "Port, weight and priority of a record are 0 to 65535.",
  source: SCHEMA,
  broken: ({ inputs }) => {
    const numbers: [string, unknown][] = [
      ["priority", inputs.priority],
      ...["port", "weight", "priority"].map((key): [string, unknown] => [
        `data.${key}`,
        mapOf(inputs.data)[key],
      ]),
    ];
    const wrong = numbers.find(
      ([, value]) => typeof value === "number" && (value < 0 || value > 65_535),
    );
    return wrong === undefined
      ? undefined
      : { property: wrong[0], reason: `value must be between 0 and 65535, got: ${wrong[1]}` };
  },
};

export const proxiedNeedsAutomaticTtl: Rule = {
  id: "cloudflare-proxied-ttl",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "A proxied record has TTL 1, which means automatic.",
  source: RESOURCE,
  broken: ({ inputs }) =>
    inputs.proxied === true && inputs.ttl !== 1
      ? "ttl must be set to 1 when `proxied` is true: Cloudflare controls the TTL of a proxied record."
      : undefined,
};

export const ttlRange: Rule = {
  id: "cloudflare-ttl-range",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "A TTL is 1 (automatic) or 60 to 86400 seconds, from 30 in Enterprise zones.",
  source: "https://developers.cloudflare.com/dns/manage-dns-records/reference/ttl/",
  broken: ({ inputs, world }) => {
    const least = isEnterprise(world, String(inputs.zoneId)) ? 30 : 60;
    const ttl = Number(inputs.ttl);
    return ttl === 1 || (ttl >= least && ttl <= 86_400)
      ? undefined
      : `Invalid TTL. Must be between ${least} and 86400 seconds, or 1 for Automatic. (9021)`;
  },
};

export const zoneExists: Rule = {
  id: "cloudflare-zone-exists",
  basis: "recalled",
  stage: "write",
  severity: "refuse",
  says: "The zone of a record has to exist.",
  source:
    "https://developers.cloudflare.com/api/resources/dns/subresources/records/methods/create/",
  broken: ({ inputs, world }) =>
    hasZone(world, String(inputs.zoneId))
      ? undefined
      : `Could not route to /client/v4/zones/${inputs.zoneId}/dns_records, perhaps your object identifier is invalid? (7003)`,
};

export const contentFits: Rule = {
  id: "cloudflare-content",
  basis: "recalled",
  stage: "write",
  severity: "refuse",
  says: "An A record holds an IPv4 address, an AAAA record an IPv6 address; SRV, HTTPS and the like are described by data.",
  source:
    "https://developers.cloudflare.com/api/resources/dns/subresources/records/methods/create/",
  broken: ({ inputs }) => {
    const content = textOf(inputs.content) ?? "";
    switch (inputs.type) {
      case "A":
        return isIPv4(content)
          ? undefined
          : "Content for A record must be a valid IPv4 address. (9005)";
      case "AAAA":
        return isIPv6(content)
          ? undefined
          : "Content for AAAA record must be a valid IPv6 address. (9006)";
    }
    if (STRUCTURED.includes(String(inputs.type))) {
      return inputs.data === undefined
        ? `DNS record type ${inputs.type} needs a data object. (1004)`
        : undefined;
    }
    return content === "" ? "DNS Validation Error: content is required. (1004)" : undefined;
  },
};

export const proxiableTypes: Rule = {
  id: "cloudflare-proxiable",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "Only A, AAAA and CNAME records can be proxied.",
  source:
    "https://developers.cloudflare.com/dns/manage-dns-records/reference/dns-record-types/#ip-address-resolution",
  broken: ({ inputs }) =>
    inputs.proxied === true && !PROXIABLE.includes(String(inputs.type))
      ? "This record type cannot be proxied. (9004)"
      : undefined,
};

export const identicalRecord: Rule = {
  id: "cloudflare-identical-record",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "Two records of one name differ in type or content.",
  source: SAME_NAME,
  broken: (subject) => {
    const { type, content } = subject.inputs;
    const twin = siblings(subject).some(
      (record) => record.type === type && content !== undefined && record.content === content,
    );
    return twin ? "An identical record already exists. (81058)" : undefined;
  },
};

export const cnameAlone: Rule = {
  id: "cloudflare-cname-alone",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "A name with a CNAME has no other CNAME and no A or AAAA record.",
  source: SAME_NAME,
  broken: (subject) => {
    const type = String(subject.inputs.type);
    const others = siblings(subject).map((record) => record.type);
    if (type === "CNAME" && others.some((other) => PROXIABLE.includes(other))) {
      return "An A, AAAA, or CNAME record with that host already exists. (81053)";
    }
    return ADDRESS_TYPES.includes(type) && others.includes("CNAME")
      ? "A CNAME record with that host already exists. (81054)"
      : undefined;
  },
};

export const proxiedSibling: Rule = {
  id: "cloudflare-proxied-sibling",
  basis: "read",
  stage: "write",
  severity: "warn",
  says: "One proxied A or AAAA record makes Cloudflare treat all of that name as proxied, which drops UDP.",
  source:
    "https://developers.cloudflare.com/dns/proxy-status/ (cloudflare-docs dns/proxy-status/index.mdx)",
  broken: (subject) => {
    const { type, proxied, name } = subject.inputs;
    const mixed = siblings(subject).some(
      (record) => ADDRESS_TYPES.includes(record.type) && record.proxied !== (proxied === true),
    );
    return ADDRESS_TYPES.includes(String(type)) && mixed
      ? `${name} has proxied and unproxied addresses: Cloudflare treats all of them as proxied`
      : undefined;
  },
};

function siblings({ inputs, world, id }: RuleSubject): readonly DnsRecord[] {
  const zoneId = String(inputs.zoneId);
  const name = fullName(world, zoneId, String((inputs as Properties).name));
  return recordsIn(world, zoneId).filter((record) => record.name === name && record.id !== id);
}

export const recordRules: readonly Rule[] = [
  recordType,
  ports,
  zoneExists,
  proxiedNeedsAutomaticTtl,
  ttlRange,
  contentFits,
  proxiableTypes,
  identicalRecord,
  cnameAlone,
  proxiedSibling,
];
