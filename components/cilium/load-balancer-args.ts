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
import type { CiliumPool } from "./address-pool-args.ts";

/** How the network finds the address. */
export const CiliumAnnouncement = {
  /** ARP, by a `CiliumL2Policy`: one node takes all packets of an address. */
  L2: "L2",
  /** Routes, by Cilium's BGP control plane. */
  Bgp: "BGP",
} as const;
export type CiliumAnnouncement = (typeof CiliumAnnouncement)[keyof typeof CiliumAnnouncement];

/** `loadBalancerClass` by announcement: nobody else then touches the Service. */
export const CLASS_OF: Readonly<Record<CiliumAnnouncement, string>> = {
  L2: "io.cilium/l2-announcer",
  BGP: "io.cilium/bgp-control-plane",
};

/** One address for several Services, whose ports differ. */
export interface CiliumSharedAddressArgs {
  /** The same text on every Service that shares the address. */
  readonly key: string;
  /** Namespaces that may share it besides the Service's own; `*` for all. Left out: none. */
  readonly namespaces?: readonly string[];
}

/** A Service of type LoadBalancer on an address of Cilium. */
export interface CiliumUdpLoadBalancerArgs extends ServiceLoadBalancerArgs {
  /** `pool` of a `CiliumAddressPool`; the Service gets its labels. Left out: any pool that fits. */
  readonly pool?: Input<CiliumPool>;
  /**
   * Addresses to ask for: one, or an IPv4 and an IPv6 one. `endpoint` then has them at once. Left
   * out: Cilium chooses, and `endpoint` waits for it.
   */
  readonly addresses?: readonly Input<string>[];
  /** `L2` or `BGP`. Left out: `L2`. A change replaces the Service. */
  readonly announcement?: CiliumAnnouncement;
  /** Share the address with other Services, whose ports differ. Left out: an address of its own. */
  readonly sharedAddress?: CiliumSharedAddressArgs;
  /**
   * `Local` or `Cluster`. Left out: `Cluster` with L2, `Local` with BGP. `Local` with L2 is refused.
   * To see clients' addresses with L2, set Cilium's `loadBalancer.mode: dsr`.
   */
  readonly externalTrafficPolicy?: TrafficPolicy;
  /** `IPv4`, `IPv6` or both. Left out: those of plain `addresses`, else the cluster's default. */
  readonly ipFamilies?: readonly IpFamily[];
}

/** The arguments after validation, with every default filled in. */
export interface CheckedCiliumLoadBalancer extends SplitPorts {
  readonly policy: TrafficPolicy;
  readonly announcement: CiliumAnnouncement;
}

/** @throws InputPropertyError naming the property, the limit and the way out. */
export function checkLoadBalancerArgs(args: CiliumUdpLoadBalancerArgs): CheckedCiliumLoadBalancer {
  const announcement = args.announcement ?? CiliumAnnouncement.L2;
  const l2 = announcement === CiliumAnnouncement.L2;
  const policy = args.externalTrafficPolicy ?? (l2 ? TrafficPolicy.Cluster : TrafficPolicy.Local);
  const [ports] = together(
    () => checkServiceArgs(args),
    () => oneOf("announcement", announcement, CiliumAnnouncement),
    () => oneOf("externalTrafficPolicy", policy, TrafficPolicy),
    () => checkRequested(args, "Cilium"),
    () => {
      if (l2 && policy === TrafficPolicy.Local) {
        invalid(
          "externalTrafficPolicy",
          "is Local, which does not go with L2 announcements: Cilium chooses the answering node without looking where pods are, and one without drops every packet. Use Cluster, or announce with BGP",
        );
      }
    },
    () => {
      if (args.sharedAddress?.key === "") {
        invalid("sharedAddress.key", "is empty: give a text that the Services have in common");
      }
    },
  );
  return { ...ports, policy, announcement };
}

/** Annotations that tell Cilium's address management what the Service wants. */
export function ciliumAnnotations(args: {
  readonly addresses?: Input<string> | undefined;
  readonly shared?: CiliumSharedAddressArgs | undefined;
}): Record<string, Input<string>> {
  const { addresses, shared } = args;
  const namespaces = shared?.namespaces?.join(",");
  return {
    ...(addresses === undefined ? {} : { "lbipam.cilium.io/ips": addresses }),
    ...(shared === undefined ? {} : { "lbipam.cilium.io/sharing-key": shared.key }),
    ...(namespaces === undefined ? {} : { "lbipam.cilium.io/sharing-cross-namespace": namespaces }),
  };
}
