import { PublicIPAddress } from "@pulumi/azure-native/network/publicIPAddress.js";
import { ResourceGroup } from "@pulumi/azure-native/resources/resourceGroup.js";
import { DnsRecord } from "@pulumi/cloudflare/dnsRecord.js";
import { Firewall } from "@pulumi/digitalocean/firewall.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";

/** A UDP endpoint as it is often written at first: each resource walks into a trap. */
const group = new ResourceGroup("edge");
const address = new PublicIPAddress("edge", {
  resourceGroupName: group.name,
  sku: { name: "Basic" },
  publicIPAllocationMethod: "Static",
  tags: { service: "audio" },
});
new Service("audio", {
  metadata: { annotations: { "service.beta.kubernetes.io/azure-pip-name": address.name } },
  spec: {
    type: "LoadBalancer",
    selector: { app: "audio" },
    ports: [
      { name: "audio", port: 8000, protocol: "UDP" },
      { name: "metrics", port: 9090 },
    ],
  },
});
new DnsRecord("audio", {
  zoneId: "0123456789abcdef0123456789abcdef",
  name: "udp.example.com",
  type: "A",
  ttl: 1,
  proxied: true,
  content: address.ipAddress.apply((ip) => ip ?? ""),
});
new Firewall("relay", {
  name: "relay",
  tags: ["relay"],
  inboundRules: [{ protocol: "tcp", portRange: "22", sourceAddresses: ["0.0.0.0/0", "::/0"] }],
});
