import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { SecurityGroupEgressRule } from "@pulumi/aws/vpc/securityGroupEgressRule.js";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc/securityGroupIngressRule.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Output,
} from "@pulumi/pulumi";

/** What relays may reach inside the VPC. */
export interface AwsBackendAccessArgs {
  readonly vpcId: Input<string>;
  /** Security group of who may connect. */
  readonly fromSecurityGroupId: Input<string>;
  readonly ports: readonly { readonly port: number; readonly protocol: "TCP" | "UDP" }[];
  /** AWS tags of everything. */
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * A security group for backends: it lets the relays in and nobody else, and lets everything out, as
 * a task that cannot reach a registry never starts. Whoever deploys a backend puts it into this group.
 */
export class AwsBackendAccess extends ComponentResource {
  readonly securityGroupId: Output<string>;

  constructor(name: string, args: AwsBackendAccessArgs, opts?: ComponentResourceOptions) {
    super("udp:infra:AwsBackendAccess", name, {}, opts);
    const tags = { ...args.tags, Name: name };
    const group = new SecurityGroup(
      `${name}-access`,
      { vpcId: args.vpcId, description: "Backends of the relays", tags },
      { parent: this },
    );
    for (const { port, protocol } of args.ports) {
      const transport = protocol.toLowerCase();
      new SecurityGroupIngressRule(
        `${name}-${transport}-${port}`,
        {
          securityGroupId: group.id,
          referencedSecurityGroupId: args.fromSecurityGroupId,
          ipProtocol: transport,
          fromPort: port,
          toPort: port,
          tags,
        },
        { parent: this },
      );
    }
    for (const [suffix, everywhere] of [
      ["out", { cidrIpv4: "0.0.0.0/0" }],
      ["out6", { cidrIpv6: "::/0" }],
    ] as const) {
      new SecurityGroupEgressRule(
        `${name}-${suffix}`,
        { securityGroupId: group.id, ipProtocol: "-1", ...everywhere, tags },
        { parent: this },
      );
    }
    this.securityGroupId = group.id;
    this.registerOutputs({ securityGroupId: this.securityGroupId });
  }
}
