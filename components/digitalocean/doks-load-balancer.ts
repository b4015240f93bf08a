import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Output,
  output,
} from "@pulumi/pulumi";
import type { Endpoint, HasEndpoint } from "../endpoint/index.ts";
import { publishedPorts } from "../endpoint/published.ts";
import {
  assignedAddresses,
  internalService,
  loadBalancerService,
  podsOf,
} from "../kubernetes/index.ts";
import { checkDoksArgs, type DoksUdpLoadBalancerArgs } from "./doks-load-balancer-args.ts";

const ANNOTATION = "service.beta.kubernetes.io/do-loadbalancer";

/**
 * Puts the ports of pods on a regional network load balancer that DigitalOcean's controller makes
 * for a Service. Its address lives as long as the Service: that is protected, and Pulumi refuses
 * to delete or replace it. `protect: false` in the component's options lifts that.
 *
 * No annotation of the health check is set: the controller asks kube-proxy, which works for UDP,
 * and an override would make it refuse a Service without a TCP port.
 *
 * @see https://docs.digitalocean.com/products/kubernetes/how-to/configure-load-balancers/
 */
export class DoksUdpLoadBalancer extends ComponentResource implements HasEndpoint {
  /** The load balancer's address, from the Service's status, and the `PUBLIC` ports. */
  readonly endpoint: Output<Endpoint>;

  /**
   * @param name Unique among the program's components; children are named `<name>-service` and
   * `<name>-internal`.
   * @throws InputPropertyError naming the property, before anything is registered.
   */
  constructor(name: string, args: DoksUdpLoadBalancerArgs, opts?: ComponentResourceOptions) {
    const checked = checkDoksArgs(args);
    super("pulumi-udp:digitalocean:DoksUdpLoadBalancer", name, {}, opts);
    const pods = podsOf(this, args);
    const service = new Service(
      `${name}-service`,
      loadBalancerService({
        instance: name,
        ...pods,
        ports: checked.publicPorts,
        policy: checked.policy,
        annotations: {
          [`${ANNOTATION}-type`]: "REGIONAL_NETWORK",
          ...(args.loadBalancerName === undefined
            ? {}
            : { [`${ANNOTATION}-name`]: args.loadBalancerName }),
        },
        sourceRanges: args.sourceRanges,
      }),
      { parent: this, protect: opts?.protect ?? true },
    );
    if (checked.internalPorts.length > 0) {
      new Service(
        `${name}-internal`,
        internalService({ instance: name, ...pods, ports: checked.internalPorts }),
        { parent: this },
      );
    }
    this.endpoint = output({
      addresses: assignedAddresses(service.status),
      ports: publishedPorts(checked.publicPorts),
    });
    this.registerOutputs({ endpoint: this.endpoint });
  }
}
