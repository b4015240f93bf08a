import type { SimulatedCloud } from "../simulated-cloud.ts";
import { functions } from "./functions.ts";
import { models } from "./models.ts";
import { DNS_RECORD } from "./zones.ts";

/** Cloudflare: DNS records, and look-ups of zones and records. */
export const cloudflare: SimulatedCloud = {
  name: "cloudflare",
  sdk: "@pulumi/cloudflare",
  throttling: {
    id: "cloudflare-throttling",
    basis: "read",
    says: "A throttled call is made again 10 times.",
    source:
      "cloudflare/cloudflare-go v6 internal/requestconfig/requestconfig.go MaxRetries, shouldRetry",
    retries: 10,
  },
  resources: [{ type: DNS_RECORD, file: "dnsRecord", args: "DnsRecordArgs" }],
  models,
  functions,
};
