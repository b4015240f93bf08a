import type { Properties } from "../../../components/provider/index.ts";
import { hex } from "../../cloud/identifiers.ts";
import type { ResourceModel } from "../../cloud/model.ts";
import { mapOf } from "../../cloud/paths.ts";
import { noAutoname, recordRules, zoneImmutable } from "./rules.ts";
import { CLOUD, DNS_RECORD } from "./zones.ts";

const MADE = "2026-01-01T00:00:00Z";

export const dnsRecord: ResourceModel = {
  cloud: CLOUD,
  type: DNS_RECORD,
  rules: recordRules,
  facts: [noAutoname, zoneImmutable],
  immutable: () => zoneImmutable.paths,
  defaults: ({ news }) => ({ proxied: false, ...news }),
  scope: () => "account",
  id: (inputs, _scope, world) =>
    hex(
      32,
      "record",
      String(inputs.zoneId),
      String(inputs.name),
      String(inputs.type),
      world.serial,
    ),
  // Pulumi Cloudflare, DnsRecord, "Import": '<zone_id>/<dns_record_id>', and nothing else.
  imported: (id) => /^[0-9a-f]{32}\/([0-9a-f]{32})$/.exec(id)?.[1] ?? "",
  computed: [
    "createdOn",
    "modifiedOn",
    "commentModifiedOn",
    "tagsModifiedOn",
    "proxiable",
    "meta",
    "settings",
    "content",
  ],
  outputs: ({ inputs, previous }) => ({
    settings: {},
    tags: [],
    ...inputs,
    content: inputs.content ?? contentOf(inputs),
    proxiable: ["A", "AAAA", "CNAME"].includes(String(inputs.type)),
    meta: "{}",
    createdOn: previous?.createdOn ?? MADE,
    modifiedOn: MADE,
    commentModifiedOn: MADE,
    tagsModifiedOn: MADE,
  }),
  deleteBeforeReplace: () => false,
};

/** The text that Cloudflare makes of a structured record. */
function contentOf({ type, data }: Properties): string {
  const { priority = 0, weight = 0, port = 0, target = ".", value = "" } = mapOf(data);
  return type === "SRV" ? `${weight} ${port} ${target}` : `${priority} ${target} ${value}`.trim();
}

export const models: readonly ResourceModel[] = [dnsRecord];
