import { AwsNetwork, AwsStaticIps, AwsUdpLoadBalancer, Protocol } from "pulumi-udp/aws";

const { vpcId, publicSubnetIds } = new AwsNetwork("relay", { zones: [{ name: "us-east-2a" }] });
const { addresses } = new AwsStaticIps("relay", { count: 1 });
const lb = new AwsUdpLoadBalancer("relay", {
  vpcId,
  subnetIds: publicSubnetIds,
  addresses,
  ports: [{ name: "p2p", port: 4434, protocol: Protocol.Udp }],
  healthCheck: { port: 8080 },
});
export const endpoint = lb.endpoint;
