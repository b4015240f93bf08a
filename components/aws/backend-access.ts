import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  mergeOptions,
  type Output,
} from "@pulumi/pulumi";
import { type AwsBackendPortArgs, checkBackendPorts } from "./backend-ports.ts";
import { tagged } from "./names.ts";
import { allowEgress, allowIngress } from "./security-rules.ts";

/** What may be reached inside a VPC, and by whom. */
export interface AwsBackendAccessArgs {
  /** Network of both sides. */
  readonly vpcId: Input<string>;
  /** Group of who may connect: `targetSecurityGroupId` of a load balancer. */
  readonly fromSecurityGroupId: Input<string>;
  /** Ports of all backends in the group. */
  readonly ports: readonly AwsBackendPortArgs[];
  /** AWS tags of everything. */
  readonly tags?: Readonly<Record<string, string>>;
}

/**
 * A security group for backends: it lets one group in and nobody else, and lets everything out, as
 * a task that cannot reach a registry never starts. Whoever deploys a backend puts it into it.
 */
export class AwsBackendAccess extends ComponentResource {
  /** The group, for `securityGroupId` of an `AwsFargateBackend`. */
  readonly securityGroupId: Output<string>;

  /**
   * @param name Unique among the program's components; children are named `<name>-access`,
   * `<name>-tcp-8080` and so on.
   * @throws InputPropertyError naming the property, before anything is registered.
   */
  constructor(name: string, args: AwsBackendAccessArgs, opts?: ComponentResourceOptions) {
    checkBackendPorts(args.ports);
    // Under that type it was a part of the stacks, before the library had it.
    const before = { aliases: [{ type: "udp:infra:AwsBackendAccess" }] };
    super("pulumi-udp:aws:AwsBackendAccess", name, {}, mergeOptions(opts, before));
    const group = new SecurityGroup(
      `${name}-access`,
      {
        vpcId: args.vpcId,
        description: "Backends of the relays",
        tags: tagged(name, args.tags),
      },
      { parent: this },
    );
    for (const { port, protocol } of args.ports) {
      const transport = protocol === "UDP" ? "udp" : "tcp";
      const subject = { protocol: transport, port, groupId: args.fromSecurityGroupId } as const;
      allowIngress(this, `${name}-${transport}-${port}`, group, subject, args.tags);
    }
    allowEgress(this, `${name}-out`, group, { protocol: "-1", cidr: "0.0.0.0/0" }, args.tags);
    allowEgress(this, `${name}-out6`, group, { protocol: "-1", cidr: "::/0" }, args.tags);
    this.securityGroupId = group.id;
    this.registerOutputs({ securityGroupId: this.securityGroupId });
  }
}
