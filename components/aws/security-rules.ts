import type { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { SecurityGroupEgressRule } from "@pulumi/aws/vpc/securityGroupEgressRule.js";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc/securityGroupIngressRule.js";
import type { ComponentResource, Input } from "@pulumi/pulumi";
import type { CheckedAwsLoadBalancer } from "./load-balancer-args.ts";
import { tagged } from "./names.ts";

/** One kind of traffic on one port. */
export interface TrafficRule {
  /** Unique among the rules of its list, and the same whatever else there is. */
  readonly key: string;
  readonly protocol: "udp" | "tcp";
  readonly port: number;
  /** The other side, where it is a network. */
  readonly cidr?: string;
}

/** What has to pass between clients, load balancer and targets. */
export interface TrafficRules {
  readonly fromClients: readonly TrafficRule[];
  readonly toTargets: readonly TrafficRule[];
  readonly amongTargets: readonly TrafficRule[];
}

/** The rules of a load balancer; each port and protocol once. */
export function trafficRules(checked: CheckedAwsLoadBalancer): TrafficRules {
  const unique = (rules: readonly TrafficRule[]) =>
    rules.filter((rule, index) => rules.findIndex(({ key }) => key === rule.key) === index);
  const rule = (protocol: string, port: number, cidr?: string): TrafficRule => {
    const transport = protocol === "UDP" ? "udp" : "tcp";
    const key = `${transport}-${port}`;
    return cidr === undefined
      ? { key, protocol: transport, port }
      : { key: `${key}-${cidr}`, protocol: transport, port, cidr };
  };
  const { publicPorts, internalPorts, healthCheck, sourceRanges } = checked;
  return {
    fromClients: publicPorts.flatMap(({ protocol, port }) =>
      sourceRanges.map((cidr) => rule(protocol, port, cidr)),
    ),
    toTargets: unique([
      ...publicPorts.map(({ protocol, targetPort }) => rule(protocol, targetPort)),
      rule("TCP", Number(healthCheck.port)),
    ]),
    amongTargets: unique(
      internalPorts.map(({ protocol, targetPort }) => rule(protocol, targetPort)),
    ),
  };
}

/** Whom a rule of a security group is about; everything of the protocol without a port. */
export interface RuleSubject {
  readonly protocol: "udp" | "tcp" | "-1";
  readonly port?: number;
  readonly cidr?: string;
  readonly groupId?: Input<string>;
}

type Tags = Readonly<Record<string, string>> | undefined;

const sourceOf = ({ cidr, groupId }: RuleSubject) =>
  groupId !== undefined
    ? { referencedSecurityGroupId: groupId }
    : cidr?.includes(":")
      ? { cidrIpv6: cidr }
      : { cidrIpv4: cidr ?? "" };

const trafficOf = ({ protocol, port }: RuleSubject) => ({
  ipProtocol: protocol,
  ...(port === undefined ? {} : { fromPort: port, toPort: port }),
});

/** Lets traffic into a group. */
export function allowIngress(
  parent: ComponentResource,
  name: string,
  into: SecurityGroup,
  subject: RuleSubject,
  tags: Tags,
): void {
  new SecurityGroupIngressRule(
    name,
    {
      securityGroupId: into.id,
      ...trafficOf(subject),
      ...sourceOf(subject),
      tags: tagged(name, tags),
    },
    { parent },
  );
}

/** Lets traffic out of a group. */
export function allowEgress(
  parent: ComponentResource,
  name: string,
  outOf: SecurityGroup,
  subject: RuleSubject,
  tags: Tags,
): void {
  new SecurityGroupEgressRule(
    name,
    {
      securityGroupId: outOf.id,
      ...trafficOf(subject),
      ...sourceOf(subject),
      tags: tagged(name, tags),
    },
    { parent },
  );
}
