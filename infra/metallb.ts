import type { Provider } from "@pulumi/kubernetes/provider.js";
import type { Output } from "@pulumi/pulumi";
import { MetalLb, MetalLbAddressPool, type MetalLbPool } from "pulumi-udp/metallb";

/** MetalLB of a cluster, and what it hands out. */
export interface MetalLbNetworkArgs {
  /** False: it is there already. */
  readonly install: boolean;
  readonly namespace: string;
  readonly announceFromExcludedNodes: boolean;
  /** Ranges of the pool. */
  readonly addresses: readonly string[];
  /** Ranges of others, by who uses them. */
  readonly keepClearOf: Readonly<Record<string, readonly string[]>>;
}

/** A pool of addresses of the local network, and MetalLB to hand them out where it is not there. */
export function metalLbPool(
  { install, namespace, announceFromExcludedNodes, ...pool }: MetalLbNetworkArgs,
  provider: Provider,
): Output<MetalLbPool> {
  const place = install
    ? new MetalLb("metallb", { namespace, announceFromExcludedNodes }, { provider }).namespace
    : namespace;
  // Only who names the pool gets an address of it: other Services of the cluster are not ours.
  return new MetalLbAddressPool(
    "lan",
    { ...pool, namespace: place, autoAssign: false },
    { provider },
  ).pool;
}
