import {
  AwsFargateRelay,
  AwsNetwork,
  AwsStaticIps,
  AwsUdpLoadBalancer,
  Exposure,
  NatGateways,
  Protocol,
} from "pulumi-udp/aws";
import { DnsOnlyRecord } from "pulumi-udp/cloudflare";

const network = new AwsNetwork("relay", {
  zones: [{ name: "us-east-2a" }, { name: "us-east-2b" }],
  natGateways: NatGateways.Single,
});
const ips = new AwsStaticIps("relay", { count: 2 });
const ports = [
  { name: "p2p", port: 4434, protocol: Protocol.Udp },
  { name: "health", port: 8080, protocol: Protocol.Tcp, exposure: Exposure.Internal },
];
const lb = new AwsUdpLoadBalancer("relay", {
  vpcId: network.vpcId,
  subnetIds: network.publicSubnetIds,
  addresses: ips.addresses,
  ports,
  healthCheck: { port: 8080, path: "/readyz" },
});
new AwsFargateRelay("relay", {
  targets: lb.targets,
  targetSecurityGroupId: lb.targetSecurityGroupId,
  subnetIds: network.privateSubnetIds,
  ports,
  image: "ghcr.io/example/relay:1.0",
});
new DnsOnlyRecord("relay", {
  zone: "example.com",
  name: "relay",
  endpoint: lb.endpoint,
  addressesPerType: 2,
});
export const endpoint = lb.endpoint;
