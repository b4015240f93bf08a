import type { CheckFailure } from "../../../components/provider/index.ts";
import { isUnknown, type Properties, type Value } from "../../../components/provider/index.ts";
import type { ImmutableFact } from "../../cloud/fact.ts";
import { listOf, mapOf, textOf, valueAt } from "../../cloud/paths.ts";
import type { Rule } from "../../cloud/rule.ts";
import type { World } from "../../cloud/world.ts";
import { all, byId, eachOf, T, usersOf } from "./objects.ts";

const PROVIDER = "hashicorp/terraform-provider-aws internal/service/elbv2";
const GUIDE = "https://docs.aws.amazon.com/elasticloadbalancing/latest/network";

const known = (value: Value | undefined): boolean => value !== undefined && !isUnknown(value);

export const subnetsOrMappings: Rule = {
  id: "aws-lb-subnets",
  basis: "read",
  stage: "check",
  severity: "refuse",
  says: "A load balancer has either subnets or subnet mappings.",
  source: `${PROVIDER}/load_balancer.go ExactlyOneOf`,
  broken: ({ inputs }): CheckFailure | undefined =>
    (inputs.subnets === undefined) === (inputs.subnetMappings === undefined)
      ? { property: "subnetMappings", reason: 'one of "subnetMappings,subnets" must be specified' }
      : undefined,
};

export const lbImmutable: ImmutableFact = {
  id: "aws-lb-immutable",
  basis: "read",
  says: "A change of name, type or scheme replaces a load balancer.",
  source: `${PROVIDER}/load_balancer.go ForceNew`,
  paths: ["customerOwnedIpv4Pool", "internal", "loadBalancerType", "name", "namePrefix"],
};

export const lbGroupsFromBirth: ImmutableFact = {
  id: "aws-lb-security-groups-from-birth",
  basis: "read",
  says: "Security groups cannot be added to a network load balancer that has none, and the last one cannot be removed: it is replaced.",
  source: `${PROVIDER}/load_balancer.go customizeDiffLoadBalancerNLB`,
  paths: [],
};

export const lbMappingsOnlyGrow: ImmutableFact = {
  id: "aws-lb-mappings-only-grow",
  basis: "read",
  says: "Subnets can be added to a network load balancer; a changed or removed mapping replaces it.",
  source: `${PROVIDER}/load_balancer.go customizeDiffLoadBalancerNLB`,
  paths: [],
};

/** Paths that a change replaces, as the provider's own diff of network load balancers has it. */
export function lbReplaces(news: Properties, olds: Properties): readonly string[] {
  const count = (inputs: Properties) => listOf(inputs.securityGroups).length;
  const mappings = (inputs: Properties) =>
    listOf(inputs.subnetMappings).map((mapping) => JSON.stringify(mapping));
  const kept = mappings(news);
  return [
    ...((count(olds) === 0) === (count(news) === 0) ? [] : ["securityGroups"]),
    ...(mappings(olds).every((mapping) => kept.includes(mapping)) ? [] : ["subnetMappings"]),
  ];
}

/** Everything but `self` that has the address, by the address's identifier. */
export function holdersOf(world: World, allocationId: string, self: string): string[] {
  return world.objects
    .filter((object) => object.id !== self && object.uses?.includes(allocationId))
    .map(({ id }) => id);
}

export const allocationInUse: Rule = {
  id: "aws-lb-allocation-in-use",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "An address that something else has cannot be given to a load balancer.",
  source: "terraform-aws-modules/terraform-aws-alb#171, hashicorp/terraform-provider-aws#15031",
  broken: ({ inputs, world, id }) =>
    eachOf(inputs.subnetMappings, "allocationId").some(
      (allocation) => holdersOf(world, allocation, id).length > 0,
    )
      ? "ResourceInUse: The allocation IDs are not available for use"
      : undefined,
};

export const oneSubnetAZone: Rule = {
  id: "aws-lb-one-subnet-a-zone",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "A load balancer has one subnet in each zone.",
  source:
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html Subnets",
  broken: ({ inputs, world }) => {
    const zones = eachOf(inputs.subnetMappings, "subnetId")
      .map((subnet) => byId(world, T.subnet, subnet)?.inputs.availabilityZone)
      .filter((zone) => zone !== undefined);
    return new Set(zones).size < zones.length
      ? "InvalidConfigurationRequest: A load balancer cannot be attached to multiple subnets in the same Availability Zone"
      : undefined;
  },
};

export const publicNeedsGateway: Rule = {
  id: "aws-lb-public-subnet",
  basis: "recalled",
  stage: "write",
  severity: "refuse",
  says: "The VPC of a load balancer that faces the Internet has an Internet gateway.",
  source:
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html InvalidSubnet",
  broken: ({ inputs, world }) => {
    if (inputs.internal === true) {
      return undefined;
    }
    const subnets = eachOf(inputs.subnetMappings, "subnetId").flatMap(
      (id) => byId(world, T.subnet, id) ?? [],
    );
    const gateways = all(world, T.internetGateway).map(({ inputs: { vpcId } }) => vpcId);
    const lost = subnets.find(({ inputs: { vpcId } }) => !gateways.includes(vpcId));
    return lost && `InvalidSubnet: VPC ${lost.inputs.vpcId} has no internet gateway`;
  },
};

export const nameTaken: Rule = {
  id: "aws-name-taken",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "Two load balancers, or two target groups, of a region cannot have one name.",
  source: `${PROVIDER}/target_group.go, load_balancer.go: already exists`,
  broken: ({ inputs, world, id, exists, urn }) => {
    const type = urn.includes(T.targetGroup) ? T.targetGroup : T.loadBalancer;
    const twin = all(world, type).find(
      (other) => other.id !== id && other.inputs.name === inputs.name,
    );
    return !exists && inputs.name !== undefined && twin
      ? `ELBv2 ${type === T.targetGroup ? "Target Group" : "Load Balancer"} (${inputs.name}) already exists`
      : undefined;
  },
};

export const deletionProtected: Rule = {
  id: "aws-lb-deletion-protection",
  basis: "read",
  stage: "delete",
  severity: "refuse",
  says: "A load balancer with deletion protection cannot be deleted.",
  source:
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeleteLoadBalancer.html",
  broken: ({ inputs, id }) =>
    inputs.enableDeletionProtection === true
      ? `OperationNotPermitted: Load balancer '${id}' cannot be deleted because deletion protection is enabled`
      : undefined,
};

export const ipv6UdpNeedsPrefix: Rule = {
  id: "aws-listener-udp-dualstack",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "A dual-stack load balancer takes UDP listeners only with a prefix for IPv6 source NAT.",
  source:
    "kubernetes-sigs/aws-load-balancer-controller docs/guide/service/annotations.md enable-prefix-for-ipv6-source-nat",
  broken: ({ inputs, world }) => {
    const lb = byId(world, T.loadBalancer, inputs.loadBalancerArn);
    const udp = String(inputs.protocol).includes("UDP");
    return udp &&
      lb?.inputs.ipAddressType === "dualstack" &&
      lb.inputs.enablePrefixForIpv6SourceNat !== "on"
      ? "InvalidConfigurationRequest: UDP listeners on a dualstack load balancer need EnablePrefixForIpv6SourceNat"
      : undefined;
  },
};

export const listenerPortTaken: Rule = {
  id: "aws-listener-port-taken",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "A load balancer has one listener on a port number, whatever its protocol.",
  source: `${GUIDE}/load-balancer-listeners.html: TCP_UDP for both on one port`,
  broken: ({ inputs, world, id }) =>
    all(world, T.listener).some(
      (other) =>
        other.id !== id &&
        other.inputs.loadBalancerArn === inputs.loadBalancerArn &&
        other.inputs.port === inputs.port,
    )
      ? `DuplicateListener: A listener already exists on this port for this load balancer '${inputs.loadBalancerArn}'`
      : undefined,
};

/** The target group that a listener forwards to. */
const forwardsTo = (inputs: Properties): Value | undefined =>
  valueAt(inputs, "defaultActions[0].targetGroupArn");

/** Protocols of target groups by that of the listener. */
const FORWARDS: Readonly<Record<string, readonly string[]>> = {
  TCP: ["TCP", "TCP_UDP"],
  TLS: ["TCP", "TLS"],
  UDP: ["UDP", "TCP_UDP"],
  TCP_UDP: ["TCP_UDP"],
};

export const listenerProtocol: Rule = {
  id: "aws-listener-protocol",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "A TCP or UDP listener forwards to a target group of its protocol or of TCP_UDP, a TCP_UDP one to TCP_UDP only.",
  source: `${GUIDE}/load-balancer-target-groups.html#target-group-routing-configuration`,
  broken: ({ inputs, world }) => {
    const group = byId(world, T.targetGroup, forwardsTo(inputs));
    const fitting = FORWARDS[String(inputs.protocol)];
    return group && fitting?.includes(String(group.inputs.protocol)) === false
      ? `InvalidConfigurationRequest: Listener protocol '${inputs.protocol}' is not supported with a target group with the protocol '${group.inputs.protocol}'`
      : undefined;
  },
};

export const targetGroupElsewhere: Rule = {
  id: "aws-target-group-one-load-balancer",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "A target group belongs to one load balancer.",
  source:
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html TargetGroupAssociationLimit",
  broken: ({ inputs, world, id }) => {
    const other = all(world, T.listener).find(
      (one) =>
        one.id !== id &&
        forwardsTo(one.inputs) === forwardsTo(inputs) &&
        one.inputs.loadBalancerArn !== inputs.loadBalancerArn,
    );
    return (
      other &&
      `TargetGroupAssociationLimit: The following target groups cannot be associated with more than one load balancer: ${forwardsTo(inputs)}`
    );
  },
};

export const listenerImmutable: ImmutableFact = {
  id: "aws-listener-immutable",
  basis: "recalled",
  says: "A listener's load balancer cannot change: it is replaced.",
  source: `${PROVIDER}/listener.go ForceNew`,
  paths: ["loadBalancerArn"],
};

export const groupImmutable: ImmutableFact = {
  id: "aws-target-group-immutable",
  basis: "read",
  says: "A change of name, port, protocol, target type, address type or VPC replaces a target group.",
  source: `${PROVIDER}/target_group.go ForceNew`,
  paths: [
    "ipAddressType",
    "name",
    "namePrefix",
    "port",
    "protocol",
    "protocolVersion",
    "targetType",
    "vpcId",
  ],
};

export const groupRequires: Rule = {
  id: "aws-target-group-requires",
  basis: "read",
  stage: "check",
  severity: "refuse",
  says: "A target group that is no function has a port, a protocol and a VPC.",
  source: `${PROVIDER}/target_group.go customizeDiffTargetGroupTargetTypeNotLambda`,
  broken: ({ inputs }): CheckFailure | undefined => {
    const missing = ["port", "protocol", "vpcId"].find((one) => inputs[one] === undefined);
    return missing === undefined || inputs.targetType === "lambda"
      ? undefined
      : {
          property: missing,
          reason: `Attribute "${missing}" must be specified when "targetType" is "${inputs.targetType ?? "instance"}"`,
        };
  },
};

export const healthCheckPath: Rule = {
  id: "aws-health-check-tcp-path",
  basis: "read",
  stage: "check",
  severity: "refuse",
  says: "A health check over TCP has neither a path nor a matcher.",
  source: `${PROVIDER}/target_group.go resourceTargetGroupCustomizeDiff`,
  broken: ({ inputs }): CheckFailure | undefined => {
    const check = mapOf(inputs.healthCheck);
    const property = ["matcher", "path"].find((one) => known(check[one]));
    return textOf(check.protocol)?.toUpperCase() === "TCP" && property !== undefined
      ? {
          property: `healthCheck.${property}`,
          reason: `Attribute "${property}" cannot be specified when "protocol" is "TCP"`,
        }
      : undefined;
  },
};

export const healthCheckRanges: Rule = {
  id: "aws-health-check-ranges",
  basis: "read",
  stage: "check",
  severity: "refuse",
  says: "Health checks are 5 to 300 seconds apart, wait 2 to 120, and count 2 to 10 in a row.",
  source: `${PROVIDER}/target_group.go IntBetween`,
  broken: ({ inputs }): CheckFailure | undefined => {
    const ranges = {
      interval: [5, 300],
      timeout: [2, 120],
      healthyThreshold: [2, 10],
      unhealthyThreshold: [2, 10],
    } as const;
    const check = mapOf(inputs.healthCheck);
    for (const [property, [min, max]] of Object.entries(ranges)) {
      const value = check[property];
      if (typeof value === "number" && (value < min || value > max)) {
        return {
          property: `healthCheck.${property}`,
          reason: `expected ${property} to be in the range (${min} - ${max}), got ${value}`,
        };
      }
    }
    return undefined;
  },
};

const isUdp = (protocol: Value | undefined): boolean => String(protocol).includes("UDP");

export const clientIpKept: Rule = {
  id: "aws-target-group-client-ip",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "The client's address of UDP is always kept.",
  source:
    "kubernetes/cloud-provider-aws pkg/providers/v1/aws_validations.go; load-balancer-target-groups.html#client-ip-preservation",
  broken: ({ inputs }) =>
    isUdp(inputs.protocol) && inputs.preserveClientIp === "false"
      ? "InvalidConfigurationRequest: Client IP preservation cannot be disabled for target groups with the protocol UDP or TCP_UDP"
      : undefined,
};

export const healthCheckByDefault: Rule = {
  id: "aws-health-check-default",
  basis: "read",
  stage: "write",
  severity: "warn",
  says: "Without protocol or port a health check asks the traffic's port over HTTP; where targets speak UDP there, all fail, and AWS sends to all of them.",
  source: `${PROVIDER}/target_group.go Default; ${GUIDE}/target-group-health-checks.html`,
  broken: ({ inputs }) => {
    const check = mapOf(inputs.healthCheck);
    const asked = check.port !== undefined && check.port !== "traffic-port";
    return inputs.protocol === "UDP" && !asked
      ? "the health check asks the UDP port's number over HTTP or TCP: every target fails it, and packets go to all of them"
      : undefined;
  },
};

export const groupInUse: Rule = {
  id: "aws-target-group-in-use",
  basis: "read",
  stage: "delete",
  severity: "refuse",
  says: "A target group that a listener forwards to cannot be deleted.",
  source: "pulumi/pulumi-aws#4220, #4226",
  broken: (subject) =>
    usersOf(subject).some(({ type }) => type === T.listener)
      ? `ResourceInUse: Target group '${subject.id}' is currently in use by a listener or a rule`
      : undefined,
};

export const targetKind: Rule = {
  id: "aws-target-kind",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "What is attached is what the target group's type says: an instance or an address.",
  source:
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetDescription.html Id",
  broken: ({ inputs, world }) => {
    const group = byId(world, T.targetGroup, inputs.targetGroupArn);
    const instance = /^i-/.test(String(inputs.targetId));
    return group && (group.inputs.targetType === "ip") === instance
      ? `InvalidTarget: The target ID '${inputs.targetId}' is not valid for a target group of type ${group.inputs.targetType ?? "instance"}`
      : undefined;
  },
};

export const attachmentImmutable: ImmutableFact = {
  id: "aws-attachment-immutable",
  basis: "read",
  says: "Any change replaces the attachment of a target.",
  source: `${PROVIDER}/target_group_attachment.go ForceNew`,
  paths: ["availabilityZone", "port", "targetGroupArn", "targetId"],
};
