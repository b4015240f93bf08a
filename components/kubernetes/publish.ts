import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import type { ComponentResource, Input, Output } from "@pulumi/pulumi";
import type { SplitPorts } from "../endpoint/published.ts";
import type { ServiceLoadBalancerArgs } from "./load-balancer-args.ts";
import {
  assignedAddresses,
  internalService,
  type LoadBalancerServiceOptions,
  loadBalancerService,
} from "./load-balancer-service.ts";
import { noAddressHook } from "./no-address.ts";
import { podsOf } from "./pods.ts";
import { type RequestingArgs, requestedAddresses } from "./requested-addresses.ts";

/** How a platform whose addresses the cluster itself hands out wants its Service. */
export interface Publishing
  extends SplitPorts,
    Pick<
      LoadBalancerServiceOptions,
      "policy" | "labels" | "loadBalancerClass" | "ipFamilies" | "affinitySeconds"
    > {
  /** Who hands out the addresses, for refusals: `MetalLB`. */
  readonly who: string;
  /** Annotations for it; `addresses` are those asked for, joined by commas. */
  annotations(addresses: Output<string> | undefined): Readonly<Record<string, Input<string>>>;
}

/**
 * Makes the Services of a component: `<name>-service` of type LoadBalancer, and `<name>-internal` of
 * type ClusterIP where there are `INTERNAL` ports.
 *
 * @returns The addresses asked for, else those in the Service's status.
 */
export function publish(
  parent: ComponentResource,
  name: string,
  args: Omit<ServiceLoadBalancerArgs, "ports"> & RequestingArgs,
  how: Publishing,
): Output<string[]> {
  const pods = podsOf(parent, args);
  const requested = requestedAddresses(parent, args, how.who);
  const service = new Service(
    `${name}-service`,
    loadBalancerService({
      instance: name,
      ...pods,
      ports: how.publicPorts,
      policy: how.policy,
      annotations: how.annotations(requested?.annotation),
      labels: how.labels,
      serviceName: args.serviceName,
      sourceRanges: args.sourceRanges,
      skipAwait: args.skipAwait,
      loadBalancerClass: how.loadBalancerClass,
      affinitySeconds: how.affinitySeconds,
      ipFamilies: how.ipFamilies ?? requested?.families,
    }),
    {
      parent,
      // Two Services can't hold one address and port, and the class of one can't change.
      deleteBeforeReplace: true,
      replaceOnChanges: ["spec.loadBalancerClass"],
      // By the component as well: one of another kind may have the same name.
      hooks: { onError: [noAddressHook(`${parent.constructor.name}-${name}-address`, how.who)] },
    },
  );
  if (how.internalPorts.length > 0) {
    new Service(
      `${name}-internal`,
      internalService({ instance: name, ...pods, ports: how.internalPorts }),
      { parent },
    );
  }
  return requested?.addresses ?? assignedAddresses(service.status);
}
