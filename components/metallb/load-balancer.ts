import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Output,
  output,
} from "@pulumi/pulumi";
import type { Endpoint, HasEndpoint } from "../endpoint/index.ts";
import { checkedLater } from "../endpoint/invalid.ts";
import {
  assignedAddresses,
  checkSelector,
  internalService,
  loadBalancerService,
  publishedPorts,
  requestedAddresses,
} from "../kubernetes/index.ts";
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
    const namespace = output(args.namespace ?? "default");
    const selector = output(args.selector).apply((labels) =>
      checkedLater(this, () => checkSelector(labels)),
    );
    const requested = requestedAddresses(this, args, "MetalLB");
    const pool = args.pool && output(args.pool);
    const service = new Service(
      `${name}-service`,
      loadBalancerService({
        instance: name,
        namespace,
        selector,
        ports: checked.publicPorts,
        policy: checked.policy,
        annotations: metalLbAnnotations({
          addresses: requested?.annotation,
          pool: pool?.name,
          sharingKey: args.sharedAddress?.key,
        }),
        serviceName: args.serviceName,
        sourceRanges: args.sourceRanges,
        skipAwait: args.skipAwait,
        loadBalancerClass: args.loadBalancerClass,
        ipFamilies: args.ipFamilies ?? requested?.families,
      }),
      // Two Services can't hold one address and port, and the class of one can't change.
      { parent: this, deleteBeforeReplace: true, replaceOnChanges: ["spec.loadBalancerClass"] },
    );
    if (checked.internalPorts.length > 0) {
      new Service(
        `${name}-internal`,
        internalService({ instance: name, namespace, selector, ports: checked.internalPorts }),
        { parent: this },
      );
    }
    this.endpoint = output({
      addresses: requested?.addresses ?? assignedAddresses(service.status),
      ports: publishedPorts(checked.publicPorts),
    });
    this.registerOutputs({ endpoint: this.endpoint });
  }
}
