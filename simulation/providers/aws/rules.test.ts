import assert from "node:assert/strict";
import { test } from "node:test";
import type { Properties } from "../../../components/provider/index.ts";
import { newWorld } from "../../cloud/world.ts";
import { existing, testRules } from "../../testing/rule-cases.ts";
import { aws } from "./index.ts";
import { T } from "./objects.ts";

const here = (type: string, id: string, inputs: Properties = {}, uses: readonly string[] = []) =>
  existing({ cloud: "aws", type, id, inputs, uses });

/** So many of a kind. */
const many = (count: number, type: string, inputs: Properties = {}) =>
  Array.from({ length: count }, (_, n) => here(type, `${type} ${n}`, inputs));

const VPC = `vpc-${"1".repeat(17)}`;
const vpc = here(T.vpc, VPC, { cidrBlock: "10.0.0.0/16" });
const gateway = here(T.internetGateway, "igw-1", { vpcId: VPC }, [VPC]);
const subnet = here(T.subnet, "subnet-1", {
  vpcId: VPC,
  cidrBlock: "10.0.1.0/24",
  availabilityZone: "us-east-2a",
});
const neighbour = here(T.subnet, "subnet-2", {
  vpcId: VPC,
  cidrBlock: "10.0.3.0/24",
  availabilityZone: "us-east-2a",
});
const LB = "arn:lb";
const lb = here(T.loadBalancer, LB, { name: "audio-lb" }, ["eipalloc-1"]);
const udpGroup = here(T.targetGroup, "arn:tg", {
  name: "audio",
  protocol: "UDP",
  targetType: "ip",
  healthCheck: { port: "8080" },
});
const instances = here(T.targetGroup, "arn:instances", { targetType: "instance" });
const forward = (arn: string) => ({ defaultActions: [{ type: "forward", targetGroupArn: arn }] });
const listener = here(
  T.listener,
  "arn:listener",
  { loadBalancerArn: LB, port: 4434, protocol: "UDP", ...forward("arn:tg") },
  [LB, "arn:tg"],
);
const address = here(T.eip, "eipalloc-1");
const task = here(T.taskDefinition, "arn:task", {
  containerDefinitions: JSON.stringify([
    { name: "relay", portMappings: [{ containerPort: 4434 }] },
  ]),
});
const groupRule = here(T.ingressRule, "sgr-1", {
  securityGroupId: "sg-1",
  ipProtocol: "udp",
  fromPort: 4434,
  toPort: 4434,
  cidrIpv4: "0.0.0.0/0",
});
const serves = (targetGroupArn: string, containerPort = 4434) => ({
  loadBalancers: [{ targetGroupArn, containerName: "relay", containerPort }],
});
const ELSEWHERE = "arn:of-another-program";

const namespace = here(T.namespace, "ns-1", { name: "backends.internal", vpc: VPC });
const dnsConfig = { namespaceId: "ns-1" };
const registry = here(T.registry, "srv-1", { name: "http-app", dnsConfig }, ["ns-1"]);

testRules(aws.models, {
  "aws-namespace-taken": {
    broken: [
      {
        inputs: { name: "backends.internal", vpc: VPC },
        objects: [namespace],
        says: /ConflictingDomainExists: .*backends\.internal/,
      },
    ],
    fine: [
      { inputs: { name: "backends.internal", vpc: "vpc-2" }, objects: [namespace] },
      { inputs: { name: "other.internal", vpc: VPC }, objects: [namespace] },
      { id: "ns-1", exists: true, inputs: namespace.inputs, objects: [namespace] },
    ],
  },
  "aws-private-names-resolve": {
    broken: [
      { inputs: { name: "a.internal", vpc: VPC }, objects: [vpc], says: /no name of a\.internal/ },
      {
        inputs: { name: "a.internal", vpc: VPC },
        objects: [here(T.vpc, VPC, { enableDnsHostnames: true, enableDnsSupport: false })],
        says: /enableDnsSupport/,
      },
    ],
    fine: [
      {
        inputs: { name: "a.internal", vpc: VPC },
        objects: [here(T.vpc, VPC, { enableDnsHostnames: true })],
      },
      { inputs: { name: "a.internal", vpc: "vpc-elsewhere" } },
    ],
  },
  "aws-registry-taken": {
    broken: [
      {
        inputs: { name: "http-app", dnsConfig },
        objects: [registry],
        says: /ServiceAlreadyExists: .*http-app/,
      },
    ],
    fine: [
      { inputs: { name: "quake", dnsConfig }, objects: [registry] },
      { inputs: { name: "http-app", dnsConfig: { namespaceId: "ns-2" } }, objects: [registry] },
      { id: "srv-1", exists: true, inputs: registry.inputs, objects: [registry] },
    ],
  },
  "aws-registry-health": {
    broken: [
      { inputs: { name: "http-app" }, says: /nobody tells/ },
      { inputs: { name: "http-app", healthCheckCustomConfig: {} }, says: /nobody tells/ },
    ],
    fine: [{ inputs: { name: "http-app", healthCheckCustomConfig: { failureThreshold: 1 } } }],
  },
  "aws-registry-in-use": {
    broken: [
      { id: "ns-1", exists: true, objects: [namespace, registry], says: /ResourceInUse: ns-1/ },
      {
        id: "srv-1",
        exists: true,
        objects: [registry, here(T.service, "arn:service", {}, ["srv-1"])],
        says: /ResourceInUse: srv-1/,
      },
    ],
    fine: [
      { id: "srv-1", exists: true, objects: [namespace, registry] },
      {
        id: "srv-1",
        exists: true,
        inputs: { forceDestroy: true },
        objects: [registry, here(T.service, "arn:service", {}, ["srv-1"])],
      },
    ],
  },
  "aws-ecs-grace-period": {
    broken: [
      { inputs: { healthCheckGracePeriodSeconds: 60 }, says: /only valid for services/ },
      { inputs: { healthCheckGracePeriodSeconds: 60, loadBalancers: [] }, says: /load balancers/ },
    ],
    fine: [
      { inputs: {} },
      { inputs: { healthCheckGracePeriodSeconds: 60, ...serves("arn:tg") }, objects: [udpGroup] },
    ],
  },
  "aws-name-length": {
    broken: [{ inputs: { name: "x".repeat(513) }, says: /^name: .*cannot be longer than/ }],
    fine: [{ inputs: { name: "audio-lb-1a2b3c4" } }, { inputs: {} }],
  },
  "aws-lb-subnets": {
    broken: [
      { inputs: {}, says: /one of/ },
      { inputs: { subnets: [], subnetMappings: [] }, says: /one of/ },
    ],
    fine: [{ inputs: { subnets: ["subnet-1"] } }],
  },
  "aws-name-taken": {
    broken: [{ inputs: { name: "audio-lb" }, objects: [lb], says: /\(audio-lb\) already exists/ }],
    fine: [
      { inputs: { name: "audio-lb" }, objects: [udpGroup] },
      { inputs: { name: "audio-lb" }, id: LB, exists: true, objects: [lb] },
    ],
  },
  "aws-lb-allocation-in-use": {
    broken: [
      {
        inputs: { subnetMappings: [{ subnetId: "subnet-1", allocationId: "eipalloc-1" }] },
        objects: [address, lb],
        says: /allocation IDs are not available/,
      },
    ],
    fine: [
      {
        inputs: { subnetMappings: [{ subnetId: "subnet-1", allocationId: "eipalloc-1" }] },
        objects: [address],
      },
      {
        id: LB,
        exists: true,
        inputs: { subnetMappings: [{ subnetId: "subnet-1", allocationId: "eipalloc-1" }] },
        objects: [address, lb],
      },
    ],
  },
  "aws-lb-one-subnet-a-zone": {
    broken: [
      {
        inputs: { subnetMappings: [{ subnetId: "subnet-1" }, { subnetId: "subnet-2" }] },
        objects: [subnet, neighbour],
        says: /multiple subnets in the same Availability Zone/,
      },
    ],
    fine: [
      { inputs: { subnetMappings: [{ subnetId: "subnet-1" }] }, objects: [subnet, neighbour] },
      { inputs: { subnetMappings: [{ subnetId: "theirs" }, { subnetId: "theirs-too" }] } },
    ],
  },
  "aws-lb-public-subnet": {
    broken: [
      {
        inputs: { subnetMappings: [{ subnetId: "subnet-1" }] },
        objects: [vpc, subnet],
        says: /has no internet gateway/,
      },
    ],
    fine: [
      {
        inputs: { subnetMappings: [{ subnetId: "subnet-1" }] },
        objects: [vpc, subnet, gateway],
      },
      {
        inputs: { internal: true, subnetMappings: [{ subnetId: "subnet-1" }] },
        objects: [vpc, subnet],
      },
    ],
  },
  "aws-lb-deletion-protection": {
    broken: [{ inputs: { enableDeletionProtection: true }, says: /deletion protection/ }],
    fine: [{ inputs: { enableDeletionProtection: false } }],
  },
  "aws-listener-port-taken": {
    broken: [
      {
        inputs: { loadBalancerArn: LB, port: 4434, protocol: "TCP" },
        objects: [listener],
        says: /DuplicateListener/,
      },
    ],
    fine: [
      { inputs: { loadBalancerArn: LB, port: 4435 }, objects: [listener] },
      { inputs: { loadBalancerArn: "arn:other", port: 4434 }, objects: [listener] },
    ],
  },
  "aws-listener-protocol": {
    broken: [
      {
        inputs: { protocol: "TCP", ...forward("arn:tg") },
        objects: [udpGroup],
        says: /'TCP' is not supported with a target group with the protocol 'UDP'/,
      },
      {
        inputs: { protocol: "TCP_UDP", ...forward("arn:tg") },
        objects: [udpGroup],
        says: /'TCP_UDP' is not supported/,
      },
    ],
    fine: [
      {
        inputs: { protocol: "TCP", ...forward("arn:both") },
        objects: [here(T.targetGroup, "arn:both", { protocol: "TCP_UDP" })],
      },
      { inputs: { protocol: "UDP", ...forward("arn:tg") }, objects: [udpGroup] },
      { inputs: { protocol: "TCP", ...forward(ELSEWHERE) }, objects: [udpGroup] },
    ],
  },
  "aws-target-group-one-load-balancer": {
    broken: [
      {
        inputs: { loadBalancerArn: "arn:other", port: 1, ...forward("arn:tg") },
        objects: [listener],
        says: /more than one load balancer/,
      },
    ],
    fine: [{ inputs: { loadBalancerArn: LB, port: 1, ...forward("arn:tg") }, objects: [listener] }],
  },
  "aws-listener-udp-dualstack": {
    broken: [
      {
        inputs: { loadBalancerArn: "arn:dual", protocol: "TCP_UDP" },
        objects: [here(T.loadBalancer, "arn:dual", { ipAddressType: "dualstack" })],
        says: /EnablePrefixForIpv6SourceNat/,
      },
    ],
    fine: [
      {
        inputs: { loadBalancerArn: "arn:dual", protocol: "UDP" },
        objects: [
          here(T.loadBalancer, "arn:dual", {
            ipAddressType: "dualstack",
            enablePrefixForIpv6SourceNat: "on",
          }),
        ],
      },
      {
        inputs: { loadBalancerArn: "arn:dual", protocol: "TCP" },
        objects: [here(T.loadBalancer, "arn:dual", { ipAddressType: "dualstack" })],
      },
    ],
  },
  "aws-target-group-requires": {
    broken: [{ inputs: { port: 1, protocol: "UDP" }, says: /^vpcId: .*must be specified/ }],
    fine: [
      { inputs: { port: 1, protocol: "UDP", vpcId: VPC } },
      { inputs: { targetType: "lambda" } },
    ],
  },
  "aws-health-check-tcp-path": {
    broken: [
      {
        inputs: { healthCheck: { protocol: "tcp", path: "/" } },
        says: /^healthCheck\.path: .*cannot be specified/,
      },
    ],
    fine: [
      { inputs: { healthCheck: { protocol: "HTTP", path: "/" } } },
      { inputs: { healthCheck: { protocol: "TCP" } } },
    ],
  },
  "aws-health-check-ranges": {
    broken: [{ inputs: { healthCheck: { interval: 4 } }, says: /\(5 - 300\), got 4/ }],
    fine: [{ inputs: { healthCheck: { interval: 5, healthyThreshold: 10 } } }],
  },
  "aws-health-check-default": {
    broken: [
      { inputs: { protocol: "UDP" }, says: /every target fails it/ },
      { inputs: { protocol: "UDP", healthCheck: { port: "traffic-port" } }, says: /every target/ },
    ],
    fine: [
      { inputs: { protocol: "UDP", healthCheck: { port: "8080" } } },
      { inputs: { protocol: "TCP" } },
    ],
  },
  "aws-target-group-client-ip": {
    broken: [
      { inputs: { protocol: "TCP_UDP", preserveClientIp: "false" }, says: /cannot be disabled/ },
    ],
    fine: [
      { inputs: { protocol: "TCP", preserveClientIp: "false" } },
      { inputs: { protocol: "UDP", preserveClientIp: "true" } },
    ],
  },
  "aws-target-group-in-use": {
    broken: [{ id: "arn:tg", objects: [udpGroup, listener], says: /in use by a listener/ }],
    fine: [{ id: "arn:tg", objects: [udpGroup] }],
  },
  "aws-target-kind": {
    broken: [
      {
        inputs: { targetGroupArn: "arn:tg", targetId: "i-1" },
        objects: [udpGroup],
        says: /InvalidTarget/,
      },
      {
        inputs: { targetGroupArn: "arn:instances", targetId: "10.0.2.7" },
        objects: [instances],
        says: /InvalidTarget/,
      },
    ],
    fine: [
      { inputs: { targetGroupArn: "arn:tg", targetId: "10.0.2.7" }, objects: [udpGroup] },
      { inputs: { targetGroupArn: "arn:instances", targetId: "i-1" }, objects: [instances] },
    ],
  },
  "aws-dependency-violation": {
    broken: [{ id: VPC, objects: [vpc, gateway], says: /DependencyViolation.*igw-1/ }],
    fine: [{ id: VPC, objects: [vpc] }],
  },
  "aws-vpc-exists": {
    broken: [
      { inputs: { vpcId: `vpc-${"2".repeat(17)}` }, objects: [vpc], says: /does not exist/ },
    ],
    fine: [{ inputs: { vpcId: VPC }, objects: [vpc] }, { inputs: { vpcId: "vpc-of-others" } }],
  },
  "aws-subnet-inside": {
    broken: [{ inputs: { vpcId: VPC, cidrBlock: "10.1.0.0/24" }, objects: [vpc], says: /Range/ }],
    fine: [{ inputs: { vpcId: VPC, cidrBlock: "10.0.9.0/24" }, objects: [vpc] }],
  },
  "aws-subnet-conflict": {
    broken: [
      { inputs: { vpcId: VPC, cidrBlock: "10.0.0.0/22" }, objects: [subnet], says: /Conflict/ },
    ],
    fine: [
      { inputs: { vpcId: VPC, cidrBlock: "10.0.2.0/24" }, objects: [subnet] },
      { inputs: { vpcId: "vpc-2", cidrBlock: "10.0.1.0/24" }, objects: [subnet] },
    ],
  },
  "aws-one-internet-gateway": {
    broken: [{ inputs: { vpcId: VPC }, objects: [gateway], says: /already has an internet/ }],
    fine: [{ inputs: { vpcId: "vpc-2" }, objects: [gateway] }],
  },
  "aws-route-taken": {
    broken: [
      {
        inputs: { routeTableId: "rtb-1", destinationCidrBlock: "0.0.0.0/0" },
        objects: [
          here(T.route, "r-1", { routeTableId: "rtb-1", destinationCidrBlock: "0.0.0.0/0" }),
        ],
        says: /RouteAlreadyExists/,
      },
    ],
    fine: [
      {
        inputs: { routeTableId: "rtb-1", destinationIpv6CidrBlock: "::/0" },
        objects: [
          here(T.route, "r-1", { routeTableId: "rtb-1", destinationCidrBlock: "0.0.0.0/0" }),
        ],
      },
    ],
  },
  "aws-nat-needs-gateway": {
    broken: [{ inputs: { subnetId: "subnet-1" }, objects: [vpc, subnet], says: /NotAttached/ }],
    fine: [
      { inputs: { subnetId: "subnet-1" }, objects: [vpc, subnet, gateway] },
      { inputs: { subnetId: "theirs" } },
    ],
  },
  "aws-nat-address-taken": {
    broken: [
      {
        inputs: { allocationId: "eipalloc-1" },
        objects: [{ ...here(T.natGateway, "nat-1"), uses: ["eipalloc-1"] }],
        says: /eipalloc-1 is already associated/,
      },
    ],
    fine: [{ inputs: { allocationId: "eipalloc-1" } }],
  },
  "aws-subnet-one-route-table": {
    broken: [
      {
        inputs: { subnetId: "subnet-1", routeTableId: "rtb-2" },
        objects: [here(T.routeTableAssociation, "a", { subnetId: "subnet-1" })],
        says: /AlreadyAssociated.*rtb-2/,
      },
    ],
    fine: [
      {
        inputs: { subnetId: "subnet-2" },
        objects: [here(T.routeTableAssociation, "a", { subnetId: "subnet-1" })],
      },
    ],
  },
  "aws-endpoint-one-route": {
    broken: [
      {
        inputs: { serviceName: "s3", routeTableIds: ["rtb-1", "rtb-2"] },
        objects: [here(T.vpcEndpoint, "e", { serviceName: "s3", routeTableIds: ["rtb-2"] })],
        says: /RouteAlreadyExists.*rtb-2/,
      },
    ],
    fine: [
      {
        inputs: { serviceName: "dynamodb", routeTableIds: ["rtb-2"] },
        objects: [here(T.vpcEndpoint, "e", { serviceName: "s3", routeTableIds: ["rtb-2"] })],
      },
    ],
  },
  "aws-listener-quota": {
    broken: [
      {
        inputs: { loadBalancerArn: "lb" },
        objects: many(50, T.listener, { loadBalancerArn: "lb" }),
        says: /TooManyListeners/,
      },
    ],
    fine: [
      {
        inputs: { loadBalancerArn: "other" },
        objects: many(50, T.listener, { loadBalancerArn: "lb" }),
      },
    ],
  },
  "aws-lb-quota": {
    broken: [{ objects: many(50, T.loadBalancer), says: /TooManyLoadBalancers/ }],
    fine: [
      { objects: many(49, T.loadBalancer) },
      { objects: many(50, T.loadBalancer), seed: { quotas: { "aws-lb-quota": 51 } } },
      { objects: many(50, T.loadBalancer), exists: true },
    ],
  },
  "aws-target-group-quota": {
    broken: [{ objects: many(3000, T.targetGroup), says: /TooManyTargetGroups/ }],
    fine: [{ objects: many(2999, T.targetGroup) }],
  },
  "aws-target-quota": {
    broken: [
      {
        inputs: { targetGroupArn: "a" },
        objects: many(1000, T.attachment, { targetGroupArn: "a" }),
        says: /TooManyTargets.*'a'/,
      },
    ],
    fine: [
      {
        inputs: { targetGroupArn: "b" },
        objects: many(1000, T.attachment, { targetGroupArn: "a" }),
      },
    ],
  },
  "aws-lb-target-quota": {
    broken: [
      {
        inputs: { targetGroupArn: "arn:tg" },
        objects: [
          { ...lb, inputs: { enableCrossZoneLoadBalancing: true } },
          listener,
          ...many(500, T.attachment, { targetGroupArn: "arn:tg" }),
        ],
        says: /TooManyTargets.*load balancer/,
      },
    ],
    fine: [
      {
        inputs: { targetGroupArn: "arn:tg" },
        objects: [lb, listener, ...many(500, T.attachment, { targetGroupArn: "arn:tg" })],
      },
    ],
  },
  "aws-vpc-quota": {
    broken: [{ objects: many(5, T.vpc), says: /VpcLimitExceeded/ }],
    fine: [{ objects: many(4, T.vpc) }],
  },
  "aws-nat-quota": {
    broken: [
      {
        inputs: { subnetId: "subnet-2" },
        objects: [subnet, neighbour, ...many(5, T.natGateway, { subnetId: "subnet-1" })],
        says: /NatGatewayLimitExceeded/,
      },
    ],
    fine: [
      {
        inputs: { subnetId: "subnet-9" },
        objects: [subnet, ...many(5, T.natGateway, { subnetId: "subnet-1" })],
      },
    ],
  },
  "aws-security-rule-quota": {
    broken: [
      {
        inputs: { securityGroupId: "sg-1", cidrIpv4: "192.0.2.0/24" },
        objects: many(60, T.ingressRule, { securityGroupId: "sg-1", cidrIpv4: "0.0.0.0/0" }),
        says: /RulesPerSecurityGroupLimitExceeded/,
      },
    ],
    fine: [
      {
        inputs: { securityGroupId: "sg-1", cidrIpv6: "::/0" },
        objects: many(60, T.ingressRule, { securityGroupId: "sg-1", cidrIpv4: "0.0.0.0/0" }),
      },
      {
        inputs: { securityGroupId: "sg-1", cidrIpv4: "192.0.2.0/24" },
        objects: many(60, T.egressRule, { securityGroupId: "sg-1", cidrIpv4: "0.0.0.0/0" }),
      },
    ],
  },
  "aws-security-groups-per-interface": {
    broken: [
      { inputs: { vpcSecurityGroupIds: ["1", "2", "3", "4", "5", "6"] }, says: /PerInterface/ },
      {
        inputs: { networkConfiguration: { securityGroups: ["1", "2", "3", "4", "5", "6"] } },
        says: /\(5\)/,
      },
    ],
    fine: [{ inputs: { securityGroups: ["1", "2", "3", "4", "5"] } }],
  },
  "aws-instance-profile-spreads": {
    broken: [
      {
        seed: { delays: { "aws-iam": 10 } },
        inputs: { iamInstanceProfile: "relay" },
        objects: [{ ...here(T.instanceProfile, "relay"), born: 0 }],
        says: /Invalid IAM Instance Profile name/,
      },
    ],
    fine: [
      {
        seed: { delays: { "aws-iam": 10 } },
        inputs: { iamInstanceProfile: "relay" },
        objects: [here(T.instanceProfile, "relay")],
      },
      {
        inputs: { iamInstanceProfile: "relay" },
        objects: [{ ...here(T.instanceProfile, "relay"), born: 0 }],
      },
    ],
  },
  "aws-role-spreads": {
    broken: [
      {
        seed: { delays: { "aws-iam": 10 } },
        inputs: { role: "relay" },
        objects: [{ ...here(T.role, "relay"), born: 0 }],
        says: /NoSuchEntity.*relay/,
      },
    ],
    fine: [
      {
        seed: { delays: { "aws-iam": 10 } },
        inputs: { role: "other" },
        objects: [{ ...here(T.role, "relay"), born: 0 }],
      },
    ],
  },
  "aws-ecs-listener-spreads": {
    broken: [
      {
        seed: { delays: { "aws-listener": 10 } },
        inputs: serves("arn:tg"),
        objects: [udpGroup, { ...listener, born: 0 }],
        says: /arn:tg does not have an associated load balancer/,
      },
    ],
    fine: [
      {
        seed: { delays: { "aws-listener": 10 } },
        inputs: serves("arn:tg"),
        objects: [udpGroup, listener],
      },
    ],
  },
  "aws-address-quota": {
    broken: [
      {
        objects: [1, 2, 3, 4, 5].map((n) => here(T.eip, `eipalloc-${n}`)),
        says: /AddressLimitExceeded/,
      },
    ],
    fine: [
      { objects: [1, 2, 3, 4].map((n) => here(T.eip, `eipalloc-${n}`)) },
      {
        seed: { quotas: { "aws-address-quota": 20 } },
        objects: [1, 2, 3, 4, 5].map((n) => here(T.eip, `eipalloc-${n}`)),
      },
    ],
  },
  "aws-address-in-use": {
    broken: [{ id: "eipalloc-1", objects: [address, lb], says: /in use by arn:lb/ }],
    fine: [{ id: "eipalloc-1", objects: [address] }],
  },
  "aws-address-taken": {
    broken: [
      {
        inputs: { allocationId: "eipalloc-1", instanceId: "i-1" },
        objects: [address, lb],
        says: /AlreadyAssociated/,
      },
    ],
    fine: [
      { inputs: { allocationId: "eipalloc-1" }, objects: [address] },
      {
        inputs: { allocationId: "eipalloc-1", instanceId: "i-2" },
        objects: [address, here(T.eipAssociation, "eipassoc-1", {}, ["eipalloc-1"])],
      },
    ],
  },
  "aws-security-rule-one-source": {
    broken: [
      { inputs: {}, says: /exactly one of/ },
      { inputs: { cidrIpv4: "0.0.0.0/0", cidrIpv6: "::/0" }, says: /exactly one of/ },
    ],
    fine: [{ inputs: { referencedSecurityGroupId: "sg-1" } }],
  },
  "aws-security-rule-taken": {
    broken: [{ inputs: groupRule.inputs, objects: [groupRule], says: /Duplicate/ }],
    fine: [{ inputs: { ...groupRule.inputs, ipProtocol: "tcp" }, objects: [groupRule] }],
  },
  "aws-ecs-target-groups": {
    broken: [
      {
        inputs: { loadBalancers: Array(6).fill({ targetGroupArn: "arn:tg" }) },
        says: /at most 5/,
      },
    ],
    fine: [{ inputs: { loadBalancers: Array(5).fill({ targetGroupArn: "arn:tg" }) } }],
  },
  "aws-ecs-target-group-listener": {
    broken: [
      {
        inputs: serves("arn:tg"),
        objects: [udpGroup],
        says: /does not have an associated load balancer/,
      },
    ],
    fine: [
      { inputs: serves("arn:tg"), objects: [udpGroup, listener] },
      { inputs: serves(ELSEWHERE) },
    ],
  },
  "aws-ecs-target-type": {
    broken: [{ inputs: serves("arn:instances"), objects: [instances], says: /incompatible/ }],
    fine: [{ inputs: serves("arn:tg"), objects: [udpGroup] }],
  },
  "aws-fargate-udp-platform": {
    broken: [
      {
        inputs: { ...serves("arn:tg"), platformVersion: "1.3.0" },
        objects: [udpGroup],
        says: /1\.4\.0 or later/,
      },
    ],
    fine: [
      { inputs: { ...serves("arn:tg"), platformVersion: "1.4.0" }, objects: [udpGroup] },
      { inputs: { ...serves("arn:tg"), platformVersion: "LATEST" }, objects: [udpGroup] },
    ],
  },
  "aws-ecs-container-port": {
    broken: [
      {
        inputs: { ...serves("arn:tg", 9999), taskDefinition: "arn:task" },
        objects: [task],
        says: /did not have a container port 9999/,
      },
    ],
    fine: [
      { inputs: { ...serves("arn:tg"), taskDefinition: "arn:task" }, objects: [task] },
      { inputs: { ...serves("arn:tg", 9999), taskDefinition: ELSEWHERE } },
    ],
  },
  "aws-health-check-let-in": {
    broken: [
      {
        inputs: { ...serves("arn:tg"), networkConfiguration: { securityGroups: ["sg-1"] } },
        objects: [udpGroup, here(T.securityGroup, "sg-1"), groupRule],
        says: /nothing in to TCP 8080/,
      },
    ],
    fine: [
      {
        inputs: { ...serves("arn:tg"), networkConfiguration: { securityGroups: ["sg-1"] } },
        objects: [
          udpGroup,
          here(T.securityGroup, "sg-1"),
          here(T.ingressRule, "sgr-2", {
            securityGroupId: "sg-1",
            ipProtocol: "tcp",
            fromPort: 8000,
            toPort: 9000,
          }),
        ],
      },
      {
        inputs: { ...serves("arn:tg"), networkConfiguration: { securityGroups: ["sg-theirs"] } },
        objects: [udpGroup],
      },
    ],
  },
  "aws-fargate-sizes": {
    broken: [
      {
        inputs: { requiresCompatibilities: ["FARGATE"], cpu: "256", memory: "4096" },
        says: /No Fargate configuration/,
      },
    ],
    fine: [
      { inputs: { requiresCompatibilities: ["FARGATE"], cpu: "256", memory: "512" } },
      { inputs: { requiresCompatibilities: ["EC2"], cpu: "256", memory: "4096" } },
    ],
  },
  "aws-ecr-name-taken": {
    broken: [
      {
        inputs: { name: "ztna/app" },
        objects: [here(T.repository, "ztna/app", { name: "ztna/app" })],
        says: /already exists/,
      },
    ],
    fine: [{ inputs: { name: "ztna/app" } }],
  },
  "aws-entity-exists": {
    broken: [{ id: "relay", objects: [here(T.role, "relay")], says: /EntityAlreadyExists/ }],
    fine: [
      { id: "relay", exists: true, objects: [here(T.role, "relay")] },
      { id: "relay-2", objects: [here(T.role, "relay")] },
    ],
  },
  "aws-role-in-use": {
    broken: [
      {
        id: "role",
        objects: [here(T.role, "role"), here(T.rolePolicy, "role:p", {}, ["role"])],
        says: /must detach all policies/,
      },
    ],
    fine: [{ id: "role", objects: [here(T.role, "role")] }],
  },
});

const model = (type: string) => {
  const found = aws.models.find((one) => one.type === type);
  assert.ok(found, type);
  return found;
};

test("a network load balancer grows in place and is replaced for anything else", () => {
  const { immutable } = model(T.loadBalancer);
  const mapping = (n: number) => ({ subnetId: `subnet-${n}`, allocationId: `eipalloc-${n}` });
  const olds = { securityGroups: ["sg-1"], subnetMappings: [mapping(1)] };
  const replaced = (news: Properties) =>
    immutable({ ...olds, ...news }, {}, olds).filter((path) => /Groups|Mappings/.test(path));
  assert.deepEqual(replaced({}), []);
  assert.deepEqual(replaced({ subnetMappings: [mapping(1), mapping(2)] }), []);
  assert.deepEqual(replaced({ subnetMappings: [mapping(2)] }), ["subnetMappings"]);
  assert.deepEqual(replaced({ securityGroups: ["sg-2"] }), []);
  assert.deepEqual(replaced({ securityGroups: [] }), ["securityGroups"]);
  assert.deepEqual(immutable(olds, {}, { subnetMappings: [mapping(1)] }).at(-1), "securityGroups");
});

test("user data replaces an instance where that is asked for", () => {
  const { immutable } = model(T.instance);
  assert.ok(immutable({ userDataReplaceOnChange: true }, {}, {}).includes("userData"));
  assert.ok(!immutable({}, {}, {}).includes("userData"));
});

test("another kind of source replaces a rule of a security group, another network does not", () => {
  const { immutable } = model(T.ingressRule);
  const replaced = (news: Properties) => immutable(news, {}, { cidrIpv4: "192.0.2.0/24" });
  assert.deepEqual(replaced({ cidrIpv4: "198.51.100.0/24" }), ["securityGroupId"]);
  assert.deepEqual(replaced({ cidrIpv6: "::/0" }), ["securityGroupId", "cidrIpv4", "cidrIpv6"]);
});

test("load balancers and target groups have names of 32 characters at most", () => {
  for (const type of [T.loadBalancer, T.targetGroup]) {
    const rule = model(type).rules.find(({ id }) => id === "aws-name-length");
    const broken = (length: number) =>
      rule?.broken({
        urn: "",
        scope: "",
        id: "",
        exists: false,
        inputs: { name: "x".repeat(length) },
        world: newWorld(),
      });
    assert.equal(broken(32), undefined);
    assert.ok(broken(33));
  }
});

test("names are made up as the provider does it, and those of users hold replacements back", () => {
  const group = model(T.targetGroup);
  const request = {
    urn: "urn",
    type: T.targetGroup,
    name: "audio",
    olds: {},
    news: {},
    randomSeed: new Uint8Array([1]),
  };
  const { name } = group.defaults(request, {});
  assert.match(String(name), /^audio-[0-9a-f]{7}$/);
  assert.equal(group.defaults({ ...request, olds: { name: "kept" } }, {}).name, "kept");
  assert.equal(group.defaults({ ...request, news: { name: "mine" } }, {}).name, "mine");
  assert.equal(group.deleteBeforeReplace({ name: "mine" }, { name: "mine" }), true);
});

test("identifiers and addresses look as AWS makes them, addresses are for documentation", () => {
  const world = newWorld();
  const id = model(T.eip).id({}, "1/us-east-2", world);
  assert.match(id, /^eipalloc-[0-9a-f]{17}$/);
  const outputs = model(T.eip).outputs({
    inputs: {},
    id,
    scope: "1/us-east-2",
    world,
    previous: undefined,
    synced: true,
  });
  assert.match(String(outputs.publicIp), /^(192\.0\.2|198\.51\.100|203\.0\.113)\.\d+$/);
  assert.match(
    model(T.targetGroup).id({ name: "audio-1" }, "1/us-east-2", world),
    /^arn:aws:elasticloadbalancing:us-east-2:\d{12}:targetgroup\/audio-1\/[0-9a-f]{16}$/,
  );
});
