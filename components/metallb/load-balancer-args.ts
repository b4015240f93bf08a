import type { Input } from "@pulumi/pulumi";
import { invalid, together } from "../endpoint/invalid.ts";
import type { SplitPorts } from "../endpoint/published.ts";
import { oneOf } from "../endpoint/values.ts";
import {
  checkRequested,
  checkServiceArgs,
  type IpFamily,
  type ServiceLoadBalancerArgs,
  TrafficPolicy,
} from "../kubernetes/index.ts";
import type { MetalLbPool } from "./address-pool-args.ts";

/** One address for several Services. */
export interface SharedAddressArgs {
  /** The same text on every Service that shares the address. */
  readonly key: string;
  /**
   * Every Service with the key selects the same pods. MetalLB shares an address under the policy
   * `Local` only then. Left out: false.
   */
  readonly samePods?: boolean;
}

/** A Service of type LoadBalancer on an address of MetalLB. */
export interface MetalLbUdpLoadBalancerArgs extends ServiceLoadBalancerArgs {
  /** `pool` of a `MetalLbAddressPool`. Left out: MetalLB chooses among pools with `autoAssign`. */
  readonly pool?: Input<MetalLbPool>;
  /**
   * Addresses to ask for: one, or an IPv4 and an IPv6 one. `endpoint` then has them at once, before
   * the Service exists. Left out: MetalLB chooses, and `endpoint` waits for it.
   */
  readonly addresses?: readonly Input<string>[];
  /** Share the address with other Services, whose ports differ. Left out: an address of its own. */
  readonly sharedAddress?: SharedAddressArgs;
  /**
   * `Local` or `Cluster`. Left out: `Local`, and `Cluster` where an address is shared without
   * `samePods`. In L2 mode `Local` gives all packets to the pods of the one node that answers.
   */
  readonly externalTrafficPolicy?: TrafficPolicy;
  /** Class of the `MetalLb` that has one. Left out: none. */
  readonly loadBalancerClass?: string;
  /** `IPv4`, `IPv6` or both. Left out: those of plain `addresses`, else the cluster's default. */
  readonly ipFamilies?: readonly IpFamily[];
}

/** The arguments after validation, with every default filled in. */
export interface CheckedMetalLbLoadBalancer extends SplitPorts {
  readonly policy: TrafficPolicy;
}

/** @throws InputPropertyError naming the property, the limit and the way out. */
export function checkLoadBalancerArgs(
  args: MetalLbUdpLoadBalancerArgs,
): CheckedMetalLbLoadBalancer {
  const shared = args.sharedAddress;
  const apart = shared !== undefined && shared.samePods !== true;
  const policy =
    args.externalTrafficPolicy ?? (apart ? TrafficPolicy.Cluster : TrafficPolicy.Local);
  const [ports] = together(
    () => checkServiceArgs(args),
    () => oneOf("externalTrafficPolicy", policy, TrafficPolicy),
    () => checkRequested(args, "MetalLB"),
    () => {
      if (shared?.key === "") {
        invalid("sharedAddress.key", "is empty: give a text that the Services have in common");
      }
    },
    () => {
      if (apart && policy === TrafficPolicy.Local) {
        invalid(
          "externalTrafficPolicy",
          "is Local, but MetalLB shares an address under Local only among Services with the same selector: use Cluster, or say sharedAddress.samePods",
        );
      }
    },
  );
  return { ...ports, policy };
}

/** Annotations that tell MetalLB what the Service wants. */
export function metalLbAnnotations(args: {
  readonly addresses?: Input<string> | undefined;
  readonly pool?: Input<string> | undefined;
  readonly sharingKey?: string | undefined;
}): Record<string, Input<string>> {
  const { addresses, pool, sharingKey } = args;
  return {
    ...(addresses === undefined ? {} : { "metallb.io/loadBalancerIPs": addresses }),
    ...(pool === undefined ? {} : { "metallb.io/address-pool": pool }),
    ...(sharingKey === undefined ? {} : { "metallb.io/allow-shared-ip": sharingKey }),
  };
}
