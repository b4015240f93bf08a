import type { Input } from "@pulumi/pulumi";
import { type PortArgs, resolvePorts } from "../endpoint/index.ts";
import { together } from "../endpoint/invalid.ts";
import { checkNetworks } from "../endpoint/networks.ts";
import { isPlain } from "../endpoint/plain.ts";
import { oneOf } from "../endpoint/values.ts";
import { checkSelector } from "../kubernetes/index.ts";
import { type SplitPorts, splitPorts } from "./ports.ts";

/** Who sees the client's address, and which nodes get packets. */
export const DoksTrafficPolicy = {
  /** Only nodes with a ready pod take part, and the client's address stays. */
  Local: "Local",
  /** Every node forwards, and the client's address is lost. */
  Cluster: "Cluster",
} as const;
export type DoksTrafficPolicy = (typeof DoksTrafficPolicy)[keyof typeof DoksTrafficPolicy];

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
  readonly externalTrafficPolicy?: DoksTrafficPolicy;
}

/** @throws InputPropertyError naming the property, the limit and the way out. */
export function checkDoksArgs(args: DoksUdpLoadBalancerArgs): SplitPorts {
  const policy = args.externalTrafficPolicy ?? DoksTrafficPolicy.Local;
  const [ports] = together(
    () => splitPorts(resolvePorts(args.ports)),
    () => isPlain(args.selector) && checkSelector(args.selector),
    () => checkNetworks("sourceRanges", args.sourceRanges ?? []),
    () => oneOf("externalTrafficPolicy", policy, DoksTrafficPolicy),
  );
  return ports;
}
