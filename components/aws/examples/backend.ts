import {
  AwsBackendAccess,
  AwsFargateBackend,
  AwsNetwork,
  AwsPrivateNamespace,
  NatGateways,
  Protocol,
} from "pulumi-udp/aws";

const network = new AwsNetwork("apps", {
  zones: [{ name: "us-east-2a" }, { name: "us-east-2b" }],
  natGateways: NatGateways.Single,
});
const { vpcId } = network;
const ports = [{ port: 8080, protocol: Protocol.Tcp }];
const { securityGroupId } = new AwsBackendAccess("apps", {
  vpcId,
  // Of the clients: the load balancer's `targetSecurityGroupId`, for tasks behind one.
  fromSecurityGroupId: "sg-0123456789abcdef0",
  ports,
});
const { namespace } = new AwsPrivateNamespace("apps", { vpcId, domain: "apps.internal" });
const app = new AwsFargateBackend("http-app", {
  namespace,
  securityGroupId,
  subnetIds: network.privateSubnetIds,
  ports,
  image: "ghcr.io/example/http-app:1.0",
  healthCommand: ["wget", "-q", "--spider", "http://127.0.0.1:8080/"],
  writablePaths: ["/tmp"],
});
// http-app.apps.internal, for clients inside the VPC.
export const hostname = app.hostname;
