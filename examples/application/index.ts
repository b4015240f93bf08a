import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { Config, StackReference } from "@pulumi/pulumi";
import { DnsOnlyRecord } from "pulumi-udp/cloudflare";
import { endpointOf } from "pulumi-udp/endpoint";

// The stack that owns address and load balancer: "acme/udp/do-nyc1".
const config = new Config();
const endpoint = endpointOf(new StackReference(config.require("edge")));

// What the application's own pods tell its clients.
new ConfigMap("matchmaker", {
  data: {
    UDP_ADDRESSES: endpoint.apply(({ addresses }) => addresses.join(",")),
    UDP_PORTS: endpoint.apply(({ ports }) => ports.map(({ port }) => port).join(",")),
  },
});
// And a name of the application's own, in whichever zone it has.
const name = new DnsOnlyRecord("voice", { zone: config.require("zone"), name: "voice", endpoint });

export const hostname = name.hostname;
export const ports = endpoint.ports;
