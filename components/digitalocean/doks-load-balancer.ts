import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Output,
  output,
} from "@pulumi/pulumi";
import type { Endpoint, HasEndpoint } from "../endpoint/index.ts";
import { checkedLater } from "../endpoint/invalid.ts";
import { sortedByKey } from "../endpoint/plain.ts";
import { checkSelector, commonLabels, servicePorts } from "../kubernetes/index.ts";
import {
  checkDoksArgs,
  DoksTrafficPolicy,
  type DoksUdpLoadBalancerArgs,
} from "./doks-load-balancer-args.ts";
import { endpointPorts } from "./ports.ts";

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
    const namespace = output(args.namespace ?? "default");
    const selector = output(args.selector).apply((labels) =>
      checkedLater(this, () => checkSelector(labels)),
    );
    const service = new Service(
      `${name}-service`,
      {
        metadata: {
          namespace,
          labels: commonLabels(name, "load-balancer"),
          annotations: sortedByKey({
            [`${ANNOTATION}-type`]: "REGIONAL_NETWORK",
            ...(args.loadBalancerName === undefined
              ? {}
              : { [`${ANNOTATION}-name`]: args.loadBalancerName }),
          }),
        },
        spec: {
          type: "LoadBalancer",
          // Packets come with the Service's own port, so no node port is used.
          allocateLoadBalancerNodePorts: false,
          externalTrafficPolicy: args.externalTrafficPolicy ?? DoksTrafficPolicy.Local,
          ...(args.sourceRanges === undefined
            ? {}
            : { loadBalancerSourceRanges: [...args.sourceRanges] }),
          ports: servicePorts(checked.publicPorts),
          selector,
        },
      },
      { parent: this, protect: opts?.protect ?? true },
    );
    if (checked.internalPorts.length > 0) {
      new Service(
        `${name}-internal`,
        {
          metadata: {
            namespace,
            labels: commonLabels(name, "internal"),
            annotations: { "pulumi.com/skipAwait": "true" },
          },
          spec: { type: "ClusterIP", ports: servicePorts(checked.internalPorts), selector },
        },
        { parent: this },
      );
    }
    this.endpoint = output({
      addresses: service.status.apply((status) =>
        (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []),
      ),
      ports: endpointPorts(checked.publicPorts),
    });
    this.registerOutputs({ endpoint: this.endpoint });
  }
}
