import { Eip } from "@pulumi/aws/ec2/eip.js";
import {
  all,
  ComponentResource,
  type ComponentResourceOptions,
  type Output,
  output,
} from "@pulumi/pulumi";
import { invalid } from "../endpoint/invalid.ts";
import { tagged } from "./names.ts";

/** A static public IPv4 address of this account, as whatever takes it needs it. Plain data. */
export interface AwsAddress {
  /** Identifier, such as `eipalloc-0123456789abcdef0`. */
  readonly allocationId: string;
  /** The address in text form. */
  readonly ipAddress: string;
}

/** Static public addresses. */
export interface AwsStaticIpsArgs {
  /**
   * How many: one for each subnet (zone) of a load balancer, one for an instance; 1 to 20. Left
   * out: 1. An account has 5 in a region until AWS raises its quota.
   */
  readonly count?: number;
  /** AWS tags of each address. */
  readonly tags?: Readonly<Record<string, string>>;
}

/**
 * Elastic IP addresses that outlive load balancers and instances. They are protected: Pulumi
 * refuses to delete or replace them, because the numbers are lost with them and every client that
 * learned them. `protect: false` in the component's options lifts that.
 *
 * Each costs about 3.60 USD a month, in use or not.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/elastic-ip-addresses-eip.html
 */
export class AwsStaticIps extends ComponentResource {
  /** The addresses, in order; raising `count` adds at the end. */
  readonly addresses: Output<readonly AwsAddress[]>;

  /**
   * @param name Unique among the program's components; children are named `<name>-ip-1` and so on.
   * @throws InputPropertyError naming the property, before anything is registered.
   */
  constructor(name: string, args: AwsStaticIpsArgs = {}, opts?: ComponentResourceOptions) {
    const count = args.count ?? 1;
    if (!Number.isInteger(count) || count < 1 || count > 20) {
      invalid("count", `${count} is not a number of addresses: 1 to 20, one for each zone`);
    }
    super("pulumi-udp:aws:AwsStaticIps", name, {}, opts);
    const protect = opts?.protect ?? true;
    const addresses: Output<AwsAddress>[] = [];
    for (let number = 1; number <= count; number++) {
      const eip = new Eip(
        `${name}-ip-${number}`,
        { domain: "vpc", tags: tagged(`${name}-${number}`, args.tags) },
        { parent: this, protect },
      );
      addresses.push(output({ allocationId: eip.allocationId, ipAddress: eip.publicIp }));
    }
    this.addresses = all(addresses);
    this.registerOutputs({ addresses: this.addresses });
  }
}
