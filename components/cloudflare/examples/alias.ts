import { StackReference } from "@pulumi/pulumi";
import { DnsOnlyRecord, RecordType } from "pulumi-udp/cloudflare";

// An endpoint is plain data, so the name may live in another stack than the load balancer.
const edge = new StackReference("acme/edge/prod");

const name = new DnsOnlyRecord("voice", {
  zone: "example.com",
  name: "voice",
  endpoint: edge.requireOutput("endpoint"),
  recordTypes: [RecordType.A, RecordType.Aaaa],
  ttl: 120,
});
export const hostname = name.hostname;
