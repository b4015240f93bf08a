import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { Listener as LbListener } from "@pulumi/aws/lb/listener.js";
import { LoadBalancer } from "@pulumi/aws/lb/loadBalancer.js";
import { TargetGroup } from "@pulumi/aws/lb/targetGroup.js";
import { TargetGroupAttachment } from "@pulumi/aws/lb/targetGroupAttachment.js";
import {
  all,
  ComponentResource,
  type ComponentResourceOptions,
  type Output,
  output,
} from "@pulumi/pulumi";
import type { Endpoint, HasEndpoint } from "../endpoint/index.ts";
import { checkedLater } from "../endpoint/invalid.ts";
import { publishedPorts } from "../endpoint/published.ts";
import type { Listener } from "./listeners.ts";
import {
  type AwsUdpLoadBalancerArgs,
  type CheckedAwsLoadBalancer,
  checkAddresses,
  checkLoadBalancerArgs,
} from "./load-balancer-args.ts";
import { shortName, tagged } from "./names.ts";
import { allowEgress, allowIngress, trafficRules } from "./security-rules.ts";

/** A target group, as an ECS service or a registration of one's own needs it. Plain data. */
export interface AwsTarget {
  /** Names of the ports that it serves. */
  readonly ports: readonly string[];
  /** Identifier of the target group. Whoever uses it waits for the listener. */
  readonly targetGroupArn: string;
  /** Port that targets listen on. */
  readonly targetPort: number;
}

/**
 * Puts the ports of a workload on a Network Load Balancer: one listener and target group a port,
 * and the two security groups between clients, load balancer and targets.
 *
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/network/introduction.html
 */
export class AwsUdpLoadBalancer extends ComponentResource implements HasEndpoint {
  /** The static addresses, AWS's name for the load balancer, and the `PUBLIC` ports. */
  readonly endpoint: Output<Endpoint>;
  /** The target groups, in the order of the ports. */
  readonly targets: Output<readonly AwsTarget[]>;
  /**
   * Security group for the targets: lets in the ports and the health check from the load balancer,
   * `INTERNAL` ports from each other, and everything out.
   */
  readonly targetSecurityGroupId: Output<string>;

  readonly #name: string;
  readonly #args: AwsUdpLoadBalancerArgs;
  readonly #checked: CheckedAwsLoadBalancer;

  /**
   * @param name Unique among the program's components; children are named `<name>-lb`,
   * `<name>-<port>` and so on, shortened where AWS has no room.
   * @throws InputPropertyError naming the property, before anything is registered.
   */
  constructor(name: string, args: AwsUdpLoadBalancerArgs, opts?: ComponentResourceOptions) {
    const checked = checkLoadBalancerArgs(args);
    super("pulumi-udp:aws:AwsUdpLoadBalancer", name, {}, opts);
    this.#name = name;
    this.#args = args;
    this.#checked = checked;

    const { lbGroup, targetGroup } = this.#securityGroups();
    this.targetSecurityGroupId = targetGroup.id;
    const lb = this.#loadBalancer(lbGroup);
    this.targets = all(checked.listeners.map((listener) => this.#serve(lb, listener)));

    const given = args.addresses === undefined ? [] : args.addresses;
    this.endpoint = output({
      addresses: output(given).apply((list) => list.map(({ ipAddress }) => ipAddress)),
      hostname: lb.dnsName,
      ports: publishedPorts(checked.publicPorts),
    }) as Output<Endpoint>;
    this.registerOutputs({
      endpoint: this.endpoint,
      targets: this.targets,
      targetSecurityGroupId: this.targetSecurityGroupId,
    });
  }

  #loadBalancer(group: SecurityGroup): LoadBalancer {
    const { addresses, crossZone, deletionProtection, dualStack, internal, subnetIds } = this.#args;
    const name = this.#name;
    const mappings = all([output(subnetIds), output(addresses)]).apply(([subnets, list]) => {
      if (list !== undefined) {
        checkedLater(this, () => checkAddresses(subnets.length, list.length));
      }
      return subnets.map((subnetId, index) => ({
        subnetId,
        ...(list === undefined ? {} : { allocationId: list[index]?.allocationId ?? "" }),
      }));
    });
    return new LoadBalancer(
      shortName(`${name}-lb`),
      {
        loadBalancerType: "network",
        internal: internal ?? false,
        // From birth on: AWS adds none to a load balancer that was made without.
        securityGroups: [group.id],
        subnetMappings: mappings,
        enableCrossZoneLoadBalancing: crossZone ?? addresses !== undefined,
        enableDeletionProtection: deletionProtection ?? false,
        ...(dualStack === true
          ? { ipAddressType: "dualstack", enablePrefixForIpv6SourceNat: "on" }
          : { ipAddressType: "ipv4" }),
        tags: tagged(name, this.#args.tags),
      },
      // An address is in one place at a time: the old load balancer has to let go of it first.
      { parent: this, deleteBeforeReplace: addresses !== undefined },
    );
  }

  /** A listener with its target group and the targets that are known. */
  #serve(lb: LoadBalancer, listener: Listener): Output<AwsTarget> {
    const { vpcId, tags, targets = [], preserveClientIp, stickySourceAddress } = this.#args;
    const { healthCheck, targetType, deregistrationDelay } = this.#checked;
    const name = this.#name;
    const tag = tagged(`${name}-${listener.name}`, tags);
    const group = new TargetGroup(
      shortName(`${name}-${listener.name}`),
      {
        vpcId,
        targetType,
        port: listener.targetPort,
        protocol: listener.protocol,
        healthCheck,
        deregistrationDelay,
        // Else a client that keeps sending stays on a target that is going, for ever.
        connectionTermination: true,
        // Of UDP it can't be said otherwise; of TCP to addresses AWS's default is no.
        preserveClientIp: String(preserveClientIp ?? true),
        stickiness: { enabled: stickySourceAddress ?? false, type: "source_ip" },
        tags: tag,
      },
      { parent: this },
    );
    const attached = targets.map(
      (targetId, index) =>
        new TargetGroupAttachment(
          `${name}-${listener.name}-${index + 1}`,
          { targetGroupArn: group.arn, targetId, port: listener.targetPort },
          { parent: this },
        ),
    );
    const listening = new LbListener(
      `${name}-${listener.name}-listener`,
      {
        loadBalancerArn: lb.arn,
        port: listener.port,
        protocol: listener.protocol,
        defaultActions: [{ type: "forward", targetGroupArn: group.arn }],
        tags: tag,
      },
      { parent: this },
    );
    const { names, targetPort } = listener;
    // ECS refuses a target group that no listener uses yet; URNs are known in a preview.
    const targetGroupArn = all([group.arn, listening.urn, ...attached.map(({ urn }) => urn)]).apply(
      ([arn]) => String(arn),
    );
    return output({ ports: names, targetGroupArn, targetPort }) as Output<AwsTarget>;
  }

  #securityGroups(): { readonly lbGroup: SecurityGroup; readonly targetGroup: SecurityGroup } {
    const { vpcId, tags } = this.#args;
    const name = this.#name;
    // No name in the descriptions: they cannot change, and a new name would replace everything.
    const lbGroup = new SecurityGroup(
      `${name}-lb-access`,
      { vpcId, description: "Clients of a UDP load balancer", tags: tagged(`${name}-lb`, tags) },
      { parent: this },
    );
    const targetGroup = new SecurityGroup(
      `${name}-target-access`,
      {
        vpcId,
        description: "Targets of a UDP load balancer",
        tags: tagged(`${name}-targets`, tags),
      },
      { parent: this },
    );
    const rules = trafficRules(this.#checked);
    for (const rule of rules.fromClients) {
      allowIngress(this, `${name}-in-${rule.key}`, lbGroup, rule, tags);
    }
    for (const rule of rules.toTargets) {
      allowEgress(
        this,
        `${name}-to-${rule.key}`,
        lbGroup,
        { ...rule, groupId: targetGroup.id },
        tags,
      );
      allowIngress(
        this,
        `${name}-from-${rule.key}`,
        targetGroup,
        { ...rule, groupId: lbGroup.id },
        tags,
      );
    }
    for (const rule of rules.amongTargets) {
      allowIngress(
        this,
        `${name}-among-${rule.key}`,
        targetGroup,
        { ...rule, groupId: targetGroup.id },
        tags,
      );
    }
    for (const cidr of ["0.0.0.0/0", "::/0"]) {
      const key = cidr === "::/0" ? "out6" : "out";
      allowEgress(this, `${name}-${key}`, targetGroup, { protocol: "-1", cidr }, tags);
    }
    return { lbGroup, targetGroup };
  }
}
