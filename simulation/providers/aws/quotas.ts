import { listOf, mapOf } from "../../cloud/paths.ts";
import { quota } from "../../cloud/quota.ts";
import type { Rule, RuleSubject } from "../../cloud/rule.ts";
import { all, byId, T } from "./objects.ts";

const VPC = "https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html";
const NLB =
  "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-limits.html";

const count =
  (type: string) =>
  ({ world }: RuleSubject): number =>
    all(world, type).length;

export const addresses = quota({
  id: "aws-address-quota",
  basis: "read",
  says: "An account has 5 addresses in a region.",
  source:
    "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/elastic-ip-addresses-eip.html#using-instance-addressing-limit",
  limit: 5,
  others: count(T.eip),
  answer: () => "AddressLimitExceeded: The maximum number of addresses has been reached.",
});

export const vpcs = quota({
  id: "aws-vpc-quota",
  basis: "read",
  says: "An account has 5 VPCs in a region.",
  source: `${VPC} VPCs per Region`,
  limit: 5,
  others: count(T.vpc),
  answer: () => "VpcLimitExceeded: The maximum number of VPCs has been reached.",
});

export const natGateways = quota({
  id: "aws-nat-quota",
  basis: "read",
  says: "An account has 5 NAT gateways in a zone.",
  source: `${VPC} NAT gateways per Availability Zone`,
  limit: 5,
  others: ({ inputs, world }) => {
    const zoneOf = (subnetId: unknown) =>
      all(world, T.subnet).find(({ id }) => id === subnetId)?.inputs.availabilityZone;
    const zone = zoneOf(inputs.subnetId);
    return zone === undefined
      ? 0
      : all(world, T.natGateway).filter((other) => zoneOf(other.inputs.subnetId) === zone).length;
  },
  answer: (limit) =>
    `NatGatewayLimitExceeded: Performing this operation would exceed the limit of ${limit} NAT gateways`,
});

/** Rules count by direction and by family of addresses; one that names a group counts in both. */
function sameTable(subject: RuleSubject): number {
  const { inputs, world, urn } = subject;
  const type = urn.includes(T.egressRule) ? T.egressRule : T.ingressRule;
  const other = inputs.cidrIpv6 === undefined ? "cidrIpv6" : "cidrIpv4";
  return all(world, type).filter(
    (rule) =>
      rule.inputs.securityGroupId === inputs.securityGroupId && rule.inputs[other] === undefined,
  ).length;
}

export const groupRules = quota({
  id: "aws-security-rule-quota",
  basis: "read",
  says: "A security group has 60 rules in each direction, for IPv4 and for IPv6 each.",
  source: `${VPC}#vpc-limits-security-groups`,
  limit: 60,
  others: sameTable,
  answer: () =>
    "RulesPerSecurityGroupLimitExceeded: The maximum number of rules per security group has been reached.",
});

/** Security groups of a network interface. */
const GROUPS = 5;

export const groupsPerInterface: Rule = {
  id: "aws-security-groups-per-interface",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: `A network interface, of an instance, a task or a load balancer, has ${GROUPS} security groups.`,
  source: `${VPC}#vpc-limits-security-groups`,
  broken: ({ inputs, world }) => {
    const limit = world.seed.quotas?.["aws-security-groups-per-interface"] ?? GROUPS;
    const { vpcSecurityGroupIds, securityGroups, networkConfiguration } = inputs;
    const lists = [vpcSecurityGroupIds, securityGroups, mapOf(networkConfiguration).securityGroups];
    return lists.some((list) => listOf(list).length > limit)
      ? `SecurityGroupsPerInterfaceLimitExceeded: The maximum number of security groups per interface (${limit}) has been reached.`
      : undefined;
  },
};

export const loadBalancers = quota({
  id: "aws-lb-quota",
  basis: "read",
  says: "An account has 50 network load balancers in a region.",
  source: NLB,
  limit: 50,
  others: count(T.loadBalancer),
  answer: () => "TooManyLoadBalancers: The maximum number of load balancers has been reached",
});

export const listeners = quota({
  id: "aws-listener-quota",
  basis: "read",
  says: "A network load balancer has 50 listeners; AWS raises that for nobody.",
  source: NLB,
  limit: 50,
  others: ({ inputs, world }) =>
    all(world, T.listener).filter(
      (other) => other.inputs.loadBalancerArn === inputs.loadBalancerArn,
    ).length,
  answer: (limit, { inputs }) =>
    `TooManyListeners: The maximum number of listeners (${limit}) has been reached on load balancer '${inputs.loadBalancerArn}'`,
});

export const targetGroups = quota({
  id: "aws-target-group-quota",
  basis: "read",
  says: "An account has 3000 target groups in a region.",
  source: NLB,
  limit: 3000,
  others: count(T.targetGroup),
  answer: () => "TooManyTargetGroups: The maximum number of target groups has been reached",
});

export const targets = quota({
  id: "aws-target-quota",
  basis: "read",
  says: "A target group has 1000 targets.",
  source: NLB,
  limit: 1000,
  others: ({ inputs, world }) =>
    all(world, T.attachment).filter(
      (other) => other.inputs.targetGroupArn === inputs.targetGroupArn,
    ).length,
  answer: (_limit, { inputs }) =>
    `TooManyTargets: The maximum number of targets has been reached for target group '${inputs.targetGroupArn}'`,
});

/** The load balancer whose listeners forward to a target group. */
const balancerOf = (world: RuleSubject["world"], group: unknown): unknown =>
  all(world, T.listener).find(({ uses = [] }) => uses.includes(String(group)))?.inputs
    .loadBalancerArn;

export const targetsOfBalancer = quota({
  id: "aws-lb-target-quota",
  basis: "read",
  says: "With cross-zone load balancing a network load balancer has 500 targets; one counts once for each of its target groups.",
  source: NLB,
  limit: 500,
  others: ({ inputs, world }) => {
    const arn = balancerOf(world, inputs.targetGroupArn);
    const lb = byId(world, T.loadBalancer, String(arn));
    return lb?.inputs.enableCrossZoneLoadBalancing === true
      ? all(world, T.attachment).filter(
          (other) => balancerOf(world, other.inputs.targetGroupArn) === arn,
        ).length
      : 0;
  },
  answer: (_limit, { inputs }) =>
    `TooManyTargets: The maximum number of targets has been reached for the load balancer of target group '${inputs.targetGroupArn}'`,
});
