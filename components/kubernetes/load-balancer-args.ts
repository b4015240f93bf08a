import type { Input } from "@pulumi/pulumi";
import { type PortArgs, resolvePorts } from "../endpoint/index.ts";
import { together } from "../endpoint/invalid.ts";
import { checkNetworks } from "../endpoint/networks.ts";
import { isPlain } from "../endpoint/plain.ts";
import { type SplitPorts, splitPorts } from "../endpoint/published.ts";
import { checkSelector } from "./selector.ts";

/** Who sees the client's address, and which nodes pass packets on. */
export const TrafficPolicy = {
  /** Only nodes with a ready pod, and the client's address stays. */
  Local: "Local",
  /** Every node, and the pod sees a node's address in the place of the client's. */
  Cluster: "Cluster",
} as const;
export type TrafficPolicy = (typeof TrafficPolicy)[keyof typeof TrafficPolicy];

/** IP version of a Service. */
export const IpFamily = { IPv4: "IPv4", IPv6: "IPv6" } as const;
export type IpFamily = (typeof IpFamily)[keyof typeof IpFamily];

/** What every load balancer takes that is a Service of a cluster. */
export interface ServiceLoadBalancerArgs {
  /** Labels of the pods, at least one. */
  readonly selector: Input<Readonly<Record<string, string>>>;
  /**
   * What the workload publishes. `PUBLIC` ports go to the address, UDP and TCP on one Service;
   * `INTERNAL` ones to a Service of type ClusterIP. At least one `PUBLIC`.
   */
  readonly ports: readonly PortArgs[];
  /** Namespace of the pods. Left out: `default`. */
  readonly namespace?: Input<string>;
  /** Name of the Service in Kubernetes. Left out: Pulumi names it. */
  readonly serviceName?: string;
  /** Client networks that may connect, in CIDR form; kube-proxy or Cilium drops others. Left out: all. */
  readonly sourceRanges?: readonly string[];
  /**
   * Don't wait for an address or for a ready pod. Left out: false, which waits 10 minutes at most.
   * With a requested address `endpoint` is known either way.
   */
  readonly skipAwait?: boolean;
}

/** What a caller without a public port is told. */
export const NO_PUBLIC_PORT =
  "a load balancer needs one; use a ClusterIP Service for internal ports alone";

/** @throws InputPropertyError naming the property, the limit and the way out. */
export function checkServiceArgs(args: ServiceLoadBalancerArgs): SplitPorts {
  const [ports] = together(
    () => splitPorts(resolvePorts(args.ports), NO_PUBLIC_PORT),
    () => isPlain(args.selector) && checkSelector(args.selector),
    () => checkNetworks("sourceRanges", args.sourceRanges ?? []),
  );
  return ports;
}
