import { LoadBalancer } from "@pulumi/digitalocean/loadBalancer.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Output,
  output,
} from "@pulumi/pulumi";
import type { Endpoint, HasEndpoint } from "../endpoint/index.ts";
import { publishedPorts } from "../endpoint/published.ts";
import { checkDoLoadBalancerArgs, type DoUdpLoadBalancerArgs } from "./load-balancer-args.ts";

/**
 * A regional network load balancer in front of the droplets with a tag. Its address lives as long
 * as it does, and no reserved address can be put on it: it is protected, and Pulumi refuses to
 * delete or replace it. `protect: false` in the component's options lifts that.
 *
 * @see https://docs.digitalocean.com/products/networking/load-balancers/
 */
export class DoUdpLoadBalancer extends ComponentResource implements HasEndpoint {
  /** The load balancer's address and the `PUBLIC` ports. */
  readonly endpoint: Output<Endpoint>;

  /**
   * @param name Unique among the program's components; the child is named `<name>-lb`.
   * @throws InputPropertyError naming the property, before anything is registered.
   */
  constructor(name: string, args: DoUdpLoadBalancerArgs, opts?: ComponentResourceOptions) {
    const checked = checkDoLoadBalancerArgs(args);
    super("pulumi-udp:digitalocean:DoUdpLoadBalancer", name, {}, opts);
    const { region, dropletTag, sourceRanges, vpcUuid, projectId } = args;
    const lb = new LoadBalancer(
      `${name}-lb`,
      {
        // Said here, as the default of the provider, which knows no UDP, is not that of the cloud.
        type: "REGIONAL_NETWORK",
        network: "EXTERNAL",
        region,
        dropletTag,
        forwardingRules: checked.publicPorts.map(({ protocol, port }) => ({
          entryProtocol: protocol.toLowerCase(),
          entryPort: port,
          targetProtocol: protocol.toLowerCase(),
          targetPort: port,
        })),
        healthcheck: checked.healthcheck,
        ...(sourceRanges === undefined
          ? {}
          : { firewall: { allows: sourceRanges.map((range) => `cidr:${range}`) } }),
        ...(vpcUuid === undefined ? {} : { vpcUuid }),
        ...(projectId === undefined ? {} : { projectId }),
      },
      { parent: this, protect: opts?.protect ?? true },
    );
    this.endpoint = output({
      addresses: [lb.ip],
      ports: publishedPorts(checked.publicPorts),
    });
    this.registerOutputs({ endpoint: this.endpoint });
  }
}
