import {
  AwsImageRepository,
  AwsInstanceRelay,
  AwsNetwork,
  AwsStaticIps,
  Protocol,
} from "pulumi-udp/aws";

const network = new AwsNetwork("edge", { zones: [{ name: "us-east-2a" }] });
const ips = new AwsStaticIps("relay");
const images = new AwsImageRepository("relay", { repositoryName: "edge/relay" });
const relay = new AwsInstanceRelay("relay", {
  vpcId: network.vpcId,
  subnetId: network.publicSubnetIds.apply(([first = ""]) => first),
  address: ips.addresses.apply(([first]) => first ?? { allocationId: "", ipAddress: "" }),
  ports: [{ name: "quic", port: 4433, protocol: Protocol.Udp }],
});
export const image = images.repositoryUrl;
export const endpoint = relay.endpoint;
