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
  type CiliumUdpLoadBalancerArgs,
  CLASS_OF,
  checkLoadBalancerArgs,
  ciliumAnnotations,
} from "./load-balancer-args.ts";

/**
 * Puts the ports of pods on an address of Cilium: a Service of type LoadBalancer, UDP and TCP
 * together, without node ports and of Cilium's own class, and for `INTERNAL` ports one of type
 * ClusterIP.
 *
 * @see https://docs.cilium.io/en/stable/network/lb-ipam/
 */
export class CiliumUdpLoadBalancer extends ComponentResource implements HasEndpoint {
  /** Addresses asked for, else those in the Service's status; and the `PUBLIC` ports. */
  readonly endpoint: Output<Endpoint>;

  /**
   * @param name Unique among the program's components; children are named `<name>-service` and
   * `<name>-internal`.
   * @throws InputPropertyError naming the property, before anything is registered.
   */
  constructor(name: string, args: CiliumUdpLoadBalancerArgs, opts?: ComponentResourceOptions) {
    const checked = checkLoadBalancerArgs(args);
    super("pulumi-udp:cilium:CiliumUdpLoadBalancer", name, {}, opts);
    const pool = args.pool && output(args.pool);
    const addresses = publish(this, name, args, {
      ...checked,
      who: "Cilium",
      annotations: (requested) =>
        ciliumAnnotations({ addresses: requested, shared: args.sharedAddress }),
      labels: pool?.serviceLabels,
      loadBalancerClass: CLASS_OF[checked.announcement],
      ipFamilies: args.ipFamilies,
    });
    this.endpoint = output({ addresses, ports: publishedPorts(checked.publicPorts) });
    this.registerOutputs({ endpoint: this.endpoint });
  }
}
