import * as pulumi from "@pulumi/pulumi";
import {
  AwsFargateRelay,
  AwsImageRepository,
  AwsInstanceRelay,
  AwsNetwork,
  AwsStaticIps,
  AwsUdpLoadBalancer,
  Exposure,
  NatGateways,
  Protocol,
} from "pulumi-udp/aws";
import { DnsOnlyRecord } from "pulumi-udp/cloudflare";

/** Every component for AWS in one stack; what the configuration says changes during its life. */
const config = new pulumi.Config();
const name = config.get("name") ?? "relay";
const aliases = name === "relay" ? [] : [{ name: "relay" }];

const network = new AwsNetwork("edge", {
  zones: [{ name: "us-east-2a" }, { name: "us-east-2b" }],
  natGateways: NatGateways.Single,
});
const ips = new AwsStaticIps("edge", { count: 2 });
const ports = [
  { name: "p2p", port: 4434, protocol: Protocol.Udp },
  { name: "health", port: 8080, protocol: Protocol.Tcp, exposure: Exposure.Internal },
  ...(config.getBoolean("voice") ? [{ name: "voice", port: 4435, protocol: Protocol.Udp }] : []),
];
const lb = new AwsUdpLoadBalancer(
  name,
  {
    vpcId: network.vpcId,
    subnetIds: config.getBoolean("private") ? network.privateSubnetIds : network.publicSubnetIds,
    addresses: ips.addresses,
    ports,
    healthCheck: { port: config.getNumber("healthPort") ?? 8080, path: "/readyz" },
  },
  { aliases },
);
const repository = new AwsImageRepository("connector", { repositoryName: "ztna/app-connector" });
new AwsFargateRelay("connector", {
  targets: lb.targets,
  targetSecurityGroupId: lb.targetSecurityGroupId,
  subnetIds: network.privateSubnetIds,
  ports,
  image: pulumi.interpolate`${repository.repositoryUrl}:1.0`,
  repositoryArn: repository.repositoryArn,
});
const own = new AwsStaticIps("intermediate");
const instance = new AwsInstanceRelay("intermediate", {
  vpcId: network.vpcId,
  subnetId: network.publicSubnetIds.apply(([first]) => first ?? ""),
  address: own.addresses.apply(([first]) => first ?? { allocationId: "", ipAddress: "" }),
  ports: [{ name: "quic", port: 4433, protocol: Protocol.Udp }],
  userData: config.get("userData") ?? "#cloud-config",
});
new DnsOnlyRecord("edge", {
  zone: "example.com",
  name: "relay",
  endpoint: lb.endpoint,
  addressesPerType: 2,
});
export const addresses = lb.endpoint.apply((endpoint) => endpoint.addresses);
export const instanceAddress = instance.endpoint.apply((endpoint) => endpoint.addresses[0]);
export const instanceId = instance.instanceId;
