import type { Input } from "@pulumi/pulumi";
import type { PortArgs } from "../endpoint/index.ts";
import { invalid, together } from "../endpoint/invalid.ts";
import { checkAdminNetworks, checkNetworks } from "../endpoint/networks.ts";
import { type SplitPorts, untranslatedPorts } from "../endpoint/published.ts";
import { oneOf, whole } from "../endpoint/values.ts";
import type { AwsAddress } from "./static-ips.ts";

/** Processor of an instance or task, as AWS calls it. */
export const Architecture = { X86_64: "x86_64", Arm64: "arm64" } as const;
export type Architecture = (typeof Architecture)[keyof typeof Architecture];

/** One EC2 instance with a static address. */
export interface AwsInstanceRelayArgs {
  /** VPC of the subnet. */
  readonly vpcId: Input<string>;
  /** A public subnet. */
  readonly subnetId: Input<string>;
  /** The static address, such as the first of an `AwsStaticIps`; it moves when the instance is replaced. */
  readonly address: Input<AwsAddress>;
  /**
   * What the instance publishes. `PUBLIC` ports are open to `sourceRanges`; `INTERNAL` ones to
   * `internalSecurityGroupIds`. The target port is the port: nothing translates.
   */
  readonly ports: readonly PortArgs[];
  /** Client networks that may connect to `PUBLIC` ports, in CIDR form. Left out: all of IPv4. */
  readonly sourceRanges?: readonly string[];
  /** Security groups whose members may connect to `INTERNAL` ports. Left out: none. */
  readonly internalSecurityGroupIds?: readonly Input<string>[];
  /**
   * Networks that may connect by SSH, in CIDR form, with prefixes of 8 or more. Left out: none; the
   * instance is reached through Systems Manager, which needs no open port.
   */
  readonly sshSourceRanges?: readonly string[];
  /** Name of an EC2 key pair. Goes with `sshSourceRanges`. */
  readonly keyName?: Input<string>;
  /** Left out: `t3.micro`, for `arm64` `t4g.micro`. */
  readonly instanceType?: Input<string>;
  /** Goes with the instance type. Left out: `x86_64`. */
  readonly architecture?: Architecture;
  /**
   * Machine image. Left out: Canonical's newest Ubuntu 24.04 at the time of creation. A newer one
   * does not replace the instance by itself: `pulumi up --replace` does.
   */
  readonly imageId?: Input<string>;
  /**
   * cloud-init text. A change replaces the instance, which keeps its address. It can be read by
   * everybody who may describe the instance: put no secrets in it, but have it fetch them with the
   * instance's role.
   */
  readonly userData?: Input<string>;
  /** Gigabytes of the encrypted root disk, 8 to 16384. Left out: 10. */
  readonly diskGigabytes?: number;
  /** AWS tags of everything. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** The arguments after validation, with every default filled in. */
export interface CheckedInstanceRelay extends SplitPorts {
  readonly sourceRanges: readonly string[];
  readonly sshSourceRanges: readonly string[];
  readonly architecture: Architecture;
  readonly diskGigabytes: number;
}

/** @throws InputPropertyError naming the property; for several InputPropertiesError. */
export function checkInstanceRelayArgs(args: AwsInstanceRelayArgs): CheckedInstanceRelay {
  const { architecture = Architecture.X86_64, diskGigabytes = 10 } = args;
  const { sourceRanges = ["0.0.0.0/0"], sshSourceRanges = [] } = args;
  const [ports] = together(
    () => untranslatedPorts(args.ports, "packets come to the instance as clients send them"),
    () => oneOf("architecture", architecture, Architecture),
    () => whole("diskGigabytes", diskGigabytes, { min: 8, max: 16_384 }),
    () => checkNetworks("sourceRanges", sourceRanges),
    () => checkAdminNetworks("sshSourceRanges", sshSourceRanges),
    () => {
      if (args.keyName !== undefined && sshSourceRanges.length === 0) {
        invalid(
          "keyName",
          "is given, but nobody may connect by SSH: give sshSourceRanges, or leave it out",
        );
      }
    },
  );
  return { ...ports, sourceRanges, sshSourceRanges, architecture, diskGigabytes };
}
