export { Protocol } from "../endpoint/index.ts";
export { DnsOnlyRecord } from "./dns-only-record.ts";
export { CLOUDFLARE_LIMITS, type DnsOnlyRecordArgs, RecordType } from "./dns-only-record-args.ts";
export type { HttpsRecordArgs, SrvRecordArgs } from "./service-records.ts";
