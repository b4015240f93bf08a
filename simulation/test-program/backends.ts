import { Config } from "@pulumi/pulumi";
import {
  AwsBackendAccess,
  AwsFargateBackend,
  AwsNetwork,
  AwsPrivateNamespace,
  NatGateways,
  Protocol,
} from "pulumi-udp/aws";

/** Workloads inside a VPC on AWS, without a load balancer: found by name, let in from one group. */
const network = new AwsNetwork("edge", {
  zones: [{ name: "us-east-2a" }, { name: "us-east-2b" }],
  natGateways: NatGateways.Single,
});
const ports = [{ port: 8080, protocol: Protocol.Tcp }];
const access = new AwsBackendAccess("backends", {
  vpcId: network.vpcId,
  // Of clients that another program deploys.
  fromSecurityGroupId: "sg-0123456789abcdef0",
  ports,
});
const names = new AwsPrivateNamespace("backends", {
  vpcId: network.vpcId,
  domain: new Config().get("domain") ?? "backends.internal",
});
const backend = new AwsFargateBackend("http-app", {
  namespace: names.namespace,
  securityGroupId: access.securityGroupId,
  subnetIds: network.privateSubnetIds,
  ports,
  image: "registry.example.com/ztna/http-app:0.1.0",
  healthCommand: ["wget", "-q", "--spider", "http://127.0.0.1:8080/"],
  writablePaths: ["/tmp"],
});
export const hostname = backend.hostname;
