import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import {
  all,
  ComponentResource,
  type ComponentResourceOptions,
  type Output,
  output,
} from "@pulumi/pulumi";
import type { Endpoint, HasEndpoint } from "../endpoint/index.ts";
import { checkedLater } from "../endpoint/invalid.ts";
import { isPlain } from "../endpoint/plain.ts";
import {
  assignedAddresses,
  checkAddresses,
  checkInPool,
  checkSelector,
  familiesOf,
  internalService,
  loadBalancerService,
  publishedPorts,
} from "../kubernetes/index.ts";
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
    const namespace = output(args.namespace ?? "default");
    const selector = output(args.selector).apply((labels) =>
      checkedLater(this, () => checkSelector(labels)),
    );
    const given = args.addresses;
    const addresses =
      given &&
      all([...given]).apply((wanted) =>
        checkedLater(this, () => checkAddresses("addresses", wanted)),
      );
    const pool = args.pool && output(args.pool);
    // Apart from `addresses`, which the endpoint has while the pool is not known yet.
    const wanted =
      addresses &&
      (pool === undefined
        ? addresses
        : all([addresses, pool.name, pool.ranges]).apply(([known, name, ranges]) =>
            checkedLater(this, () => checkInPool(known, { name, ranges }, "Cilium")),
          ));
    const plain = given?.every(isPlain) ? (given as readonly string[]) : undefined;
    const service = new Service(
      `${name}-service`,
      loadBalancerService({
        instance: name,
        namespace,
        selector,
        ports: checked.publicPorts,
        policy: checked.policy,
        annotations: ciliumAnnotations({
          addresses: wanted?.apply((known) => known.join(",")),
          shared: args.sharedAddress,
        }),
        labels: pool?.serviceLabels,
        serviceName: args.serviceName,
        sourceRanges: args.sourceRanges,
        skipAwait: args.skipAwait,
        loadBalancerClass: CLASS_OF[checked.announcement],
        ipFamilies: args.ipFamilies ?? (plain && familiesOf(plain)),
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
      addresses: addresses ?? assignedAddresses(service.status),
      ports: publishedPorts(checked.publicPorts),
    });
    this.registerOutputs({ endpoint: this.endpoint });
  }
}
