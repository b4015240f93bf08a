import { ProjectResources } from "@pulumi/digitalocean/projectResources.js";
import { ReservedIp } from "@pulumi/digitalocean/reservedIp.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Output,
  output,
} from "@pulumi/pulumi";

/** A reserved address, as a relay needs it. Plain data. */
export interface DoAddress {
  /** The address in text form, which is also its identifier. */
  readonly ipAddress: string;
  /** Region that it belongs to; so does the droplet that takes it. */
  readonly region: string;
}

/** A static address for droplets. */
export interface DoReservedIpArgs {
  /** Region, such as `nyc1`. A change replaces the address. */
  readonly region: Input<string>;
  /** Identifier of the project that it should appear in. Left out: the account's default one. */
  readonly projectId?: Input<string>;
}

/**
 * A reserved IPv4 address that outlives droplets. It is protected: Pulumi refuses to delete or
 * replace it, because the number is lost with it. `protect: false` in the component's options
 * lifts that. It is for droplets: a load balancer has an address of its own. Free while a droplet
 * has it, about 5 USD a month otherwise.
 *
 * @see https://docs.digitalocean.com/products/networking/reserved-ips/
 */
export class DoReservedIp extends ComponentResource {
  /** The address. */
  readonly address: Output<DoAddress>;

  /** @param name Unique among the program's components; children are named `<name>-ip` and `<name>-project`. */
  constructor(name: string, args: DoReservedIpArgs, opts?: ComponentResourceOptions) {
    super("pulumi-udp:digitalocean:DoReservedIp", name, {}, opts);
    const ip = new ReservedIp(
      `${name}-ip`,
      // No droplet here: that goes not together with an assignment.
      { region: args.region },
      { parent: this, protect: opts?.protect ?? true },
    );
    if (args.projectId !== undefined) {
      new ProjectResources(
        `${name}-project`,
        { project: args.projectId, resources: [ip.reservedIpUrn] },
        { parent: this },
      );
    }
    this.address = output({ ipAddress: ip.ipAddress, region: ip.region });
    this.registerOutputs({ address: this.address });
  }
}
