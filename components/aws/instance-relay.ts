import { EipAssociation } from "@pulumi/aws/ec2/eipAssociation.js";
import { Instance } from "@pulumi/aws/ec2/instance.js";
import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { InstanceProfile } from "@pulumi/aws/iam/instanceProfile.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicyAttachment } from "@pulumi/aws/iam/rolePolicyAttachment.js";
import { getParameterOutput } from "@pulumi/aws/ssm/getParameter.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Output,
  output,
} from "@pulumi/pulumi";
import type { Endpoint, HasEndpoint } from "../endpoint/index.ts";
import { publishedPorts } from "../endpoint/published.ts";
import {
  Architecture,
  type AwsInstanceRelayArgs,
  type CheckedInstanceRelay,
  checkInstanceRelayArgs,
} from "./instance-relay-args.ts";
import { tagged } from "./names.ts";
import { assumedBy } from "./policies.ts";
import { allowEgress, allowIngress } from "./security-rules.ts";

/** Session Manager and patching; no other right. AWS keeps the policy. */
const SYSTEMS_MANAGER = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";
/** https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/ */
const UBUNTU = "/aws/service/canonical/ubuntu/server/24.04/stable/current";

/**
 * A workload on one EC2 instance, on a static address that outlives it. The instance is managed
 * through Systems Manager, its disk is encrypted, its metadata ask for a token (IMDSv2).
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager.html
 */
export class AwsInstanceRelay extends ComponentResource implements HasEndpoint {
  /** The static address and the `PUBLIC` ports. */
  readonly endpoint: Output<Endpoint>;
  /** Identifier of the instance; changes when it is replaced. */
  readonly instanceId: Output<string>;
  /** Security group of the instance. */
  readonly securityGroupId: Output<string>;
  /** Role of the instance, to give it rights, such as to read a secret. */
  readonly roleName: Output<string>;

  /**
   * @param name Unique among the program's components; children are named `<name>-instance`,
   * `<name>-access` and so on.
   * @throws InputPropertyError naming the property, before anything is registered.
   */
  constructor(name: string, args: AwsInstanceRelayArgs, opts?: ComponentResourceOptions) {
    const checked = checkInstanceRelayArgs(args);
    super("pulumi-udp:aws:AwsInstanceRelay", name, {}, opts);

    const group = this.#securityGroup(name, args, checked);
    const role = new Role(
      `${name}-role`,
      { assumeRolePolicy: assumedBy("ec2.amazonaws.com"), tags: tagged(name, args.tags) },
      { parent: this },
    );
    const managed = new RolePolicyAttachment(
      `${name}-managed`,
      { role: role.name, policyArn: SYSTEMS_MANAGER },
      { parent: this },
    );
    const profile = new InstanceProfile(
      `${name}-profile`,
      { role: role.name, tags: tagged(name, args.tags) },
      { parent: this },
    );
    const arm = checked.architecture === Architecture.Arm64;
    const newest = () =>
      getParameterOutput(
        { name: `${UBUNTU}/${arm ? "arm64" : "amd64"}/hvm/ebs-gp3/ami-id` },
        { parent: this },
      ).value;
    const instance = new Instance(
      `${name}-instance`,
      {
        ami: args.imageId ?? newest(),
        instanceType: args.instanceType ?? (arm ? "t4g.micro" : "t3.micro"),
        subnetId: args.subnetId,
        vpcSecurityGroupIds: [group.id],
        iamInstanceProfile: profile.name,
        // Packages are fetched before the static address is there.
        associatePublicIpAddress: true,
        metadataOptions: {
          httpEndpoint: "enabled",
          httpTokens: "required",
          httpPutResponseHopLimit: 1,
        },
        rootBlockDevice: {
          encrypted: true,
          volumeType: "gp3",
          volumeSize: checked.diskGigabytes,
          tags: tagged(name, args.tags),
        },
        ...(args.keyName === undefined ? {} : { keyName: args.keyName }),
        ...(args.userData === undefined ? {} : { userData: args.userData }),
        userDataReplaceOnChange: true,
        tags: tagged(name, args.tags),
      },
      {
        parent: this,
        dependsOn: [managed],
        ...(args.imageId === undefined ? { ignoreChanges: ["ami"] } : {}),
      },
    );
    const address = output(args.address);
    new EipAssociation(
      `${name}-address`,
      {
        allocationId: address.allocationId,
        instanceId: instance.id,
        // The new instance takes it from the old one, which may still be there.
        allowReassociation: true,
      },
      { parent: this },
    );

    this.instanceId = instance.id;
    this.securityGroupId = group.id;
    this.roleName = role.name;
    this.endpoint = output({
      addresses: [address.ipAddress],
      ports: publishedPorts(checked.publicPorts),
    });
    this.registerOutputs({
      endpoint: this.endpoint,
      instanceId: this.instanceId,
      securityGroupId: this.securityGroupId,
      roleName: this.roleName,
    });
  }

  #securityGroup(name: string, args: AwsInstanceRelayArgs, checked: CheckedInstanceRelay) {
    const group = new SecurityGroup(
      `${name}-access`,
      { vpcId: args.vpcId, description: "Access to a UDP relay", tags: tagged(name, args.tags) },
      { parent: this },
    );
    for (const { protocol, port } of checked.publicPorts) {
      for (const cidr of checked.sourceRanges) {
        const transport = protocol === "UDP" ? "udp" : "tcp";
        const rule = { protocol: transport, port, cidr } as const;
        allowIngress(this, `${name}-in-${transport}-${port}-${cidr}`, group, rule, args.tags);
      }
    }
    for (const { protocol, port } of checked.internalPorts) {
      for (const [index, groupId] of (args.internalSecurityGroupIds ?? []).entries()) {
        const transport = protocol === "UDP" ? "udp" : "tcp";
        const rule = { protocol: transport, port, groupId } as const;
        allowIngress(
          this,
          `${name}-from-${index + 1}-${transport}-${port}`,
          group,
          rule,
          args.tags,
        );
      }
    }
    for (const cidr of checked.sshSourceRanges) {
      const rule = { protocol: "tcp", port: 22, cidr } as const;
      allowIngress(this, `${name}-ssh-${cidr}`, group, rule, args.tags);
    }
    for (const [key, cidr] of [
      ["out", "0.0.0.0/0"],
      ["out6", "::/0"],
    ] as const) {
      allowEgress(this, `${name}-${key}`, group, { protocol: "-1", cidr }, args.tags);
    }
    return group;
  }
}
