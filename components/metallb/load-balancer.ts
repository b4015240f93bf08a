import {
  ComponentResource,
  type ComponentResourceOptions,
  type Output,
  output,
} from "@pulumi/pulumi";
import type { Endpoint, HasEndpoint } from "../endpoint/index.ts";
import { publishedPorts } from "../endpoint/published.ts";
import { publish } from "../kubernetes/publish.ts";
import {
  checkLoadBalancerArgs,
  type MetalLbUdpLoadBalancerArgs,
  metalLbAnnotations,
} from "./load-balancer-args.ts";

/**
 * Puts the ports of pods on an address of MetalLB: a Service of type LoadBalancer, UDP and TCP
 * together, without node ports, and for `INTERNAL` ports one of type ClusterIP.
 *
 * With `addresses` the endpoint is what was asked for, known before the first pod exists, and stays
 * when the Service is replaced.
 *
 * @see https://metallb.io/usage/
 */
export class MetalLbUdpLoadBalancer extends ComponentResource implements HasEndpoint {
  /** Addresses asked for, else those in the Service's status; and the `PUBLIC` ports. */
  readonly endpoint: Output<Endpoint>;

  /**
   * @param name Unique among the program's components; children are named `<name>-service` and
   * `<name>-internal`.
   * @throws InputPropertyError naming the property, before anything is registered.
   */
  constructor(name: string, args: MetalLbUdpLoadBalancerArgs, opts?: ComponentResourceOptions) {
    const checked = checkLoadBalancerArgs(args);
    super("pulumi-udp:metallb:MetalLbUdpLoadBalancer", name, {}, opts);
    const pool = args.pool && output(args.pool);
    const addresses = publish(this, name, args, {
      ...checked,
      who: "MetalLB",
      annotations: (requested) =>
        metalLbAnnotations({
          addresses: requested,
          pool: pool?.name,
          sharingKey: args.sharedAddress?.key,
        }),
      loadBalancerClass: args.loadBalancerClass,
      ipFamilies: args.ipFamilies,
    });
    this.endpoint = output({ addresses, ports: publishedPorts(checked.publicPorts) });
    this.registerOutputs({ endpoint: this.endpoint });
  }
}
