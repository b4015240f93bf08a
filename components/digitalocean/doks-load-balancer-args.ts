import type { Input } from "@pulumi/pulumi";
import { type PortArgs, resolvePorts } from "../endpoint/index.ts";
import { together } from "../endpoint/invalid.ts";
import { checkNetworks } from "../endpoint/networks.ts";
import { isPlain } from "../endpoint/plain.ts";
import { type SplitPorts, splitPorts } from "../endpoint/published.ts";
import { oneOf } from "../endpoint/values.ts";
import { checkSelector, TrafficPolicy } from "../kubernetes/index.ts";

/** A Service of type LoadBalancer on DigitalOcean Kubernetes. */
export interface DoksUdpLoadBalancerArgs {
  /** Labels of the pods, at least one. */
  readonly selector: Input<Readonly<Record<string, string>>>;
  /** What the workload publishes. `INTERNAL` ports go to a Service of type ClusterIP. */
  readonly ports: readonly PortArgs[];
  /** Namespace of the pods. Left out: `default`. */
  readonly namespace?: Input<string>;
  /** Name of the load balancer in DigitalOcean. Left out: made from the Service's identifier. */
  readonly loadBalancerName?: Input<string>;
  /** Client networks that may connect, in CIDR form. Left out: all. */
  readonly sourceRanges?: readonly string[];
  /** `Local` or `Cluster`. Left out: `Local`. Both are checked through a node port of kube-proxy. */
  readonly externalTrafficPolicy?: TrafficPolicy;
}

/** The arguments after validation, with every default filled in. */
export interface CheckedDoks extends SplitPorts {
  readonly policy: TrafficPolicy;
}

/** @throws InputPropertyError naming the property, the limit and the way out. */
export function checkDoksArgs(args: DoksUdpLoadBalancerArgs): CheckedDoks {
  const policy = args.externalTrafficPolicy ?? TrafficPolicy.Local;
  const [ports] = together(
    () => splitPorts(resolvePorts(args.ports)),
    () => isPlain(args.selector) && checkSelector(args.selector),
    () => checkNetworks("sourceRanges", args.sourceRanges ?? []),
    () => oneOf("externalTrafficPolicy", policy, TrafficPolicy),
  );
  return { ...ports, policy };
}
