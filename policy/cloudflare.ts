import type { ResourceRule, StackRule, Subject } from "./rule.ts";
import { isFalse, isMissing, isTrue, textOf } from "./values.ts";

const RECORD = /^cloudflare:index\/(dnsRecord:DnsRecord|record:Record)$/;

const wayOut = "Set `proxied: false`; put what needs the proxy under a name of its own.";
const levelReason = "Cloudflare's proxy forwards HTTP alone, and drops UDP without a word";

const nameOf = ({ props }: Subject): string => textOf(props.name).toLowerCase();

const udpNameProxied: ResourceRule = {
  name: "udp-dns-record-proxied",
  level: "mandatory",
  levelReason,
  trap: 28,
  refuses: "A Cloudflare record whose name says UDP (a label `udp` or `_udp`) is proxied.",
  wayOut,
  types: RECORD,
  faults: (subject) =>
    isTrue(subject.props.proxied) &&
    nameOf(subject)
      .split(".")
      .some((label) => /^_?udp$/.test(label))
      ? [`${nameOf(subject)} is proxied: clients reach Cloudflare, which drops UDP`]
      : [],
};

/** Cloudflare proxies a name as soon as one of its address records is proxied. */
const proxiedSibling: StackRule = {
  name: "udp-dns-record-proxied-sibling",
  level: "mandatory",
  levelReason,
  trap: 28,
  refuses: "A Cloudflare name has both a proxied record and one that is DNS-only.",
  wayOut,
  stackFaults: (subjects) => {
    const records = subjects.filter(
      (subject) =>
        RECORD.test(subject.type) &&
        ["A", "AAAA", "CNAME"].includes(textOf(subject.props.type).toUpperCase()) &&
        nameOf(subject) !== "" &&
        textOf(subject.props.zoneId) !== "",
    );
    const key = (subject: Subject) => `${textOf(subject.props.zoneId)} ${nameOf(subject)}`;
    const dnsOnly = new Map(
      records
        .filter(({ props }) => isFalse(props.proxied) || isMissing(props.proxied))
        .map((subject) => [key(subject), subject.name]),
    );
    return records
      .filter((subject) => isTrue(subject.props.proxied) && dnsOnly.has(key(subject)))
      .map((subject) => ({
        urn: subject.urn,
        fault: `${nameOf(subject)} is proxied here and DNS-only in "${dnsOnly.get(key(subject))}": the whole name is proxied`,
      }));
  },
};

export const cloudflareRules = [udpNameProxied, proxiedSibling];
