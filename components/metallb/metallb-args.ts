import type { Input } from "@pulumi/pulumi";

import { invalid, together } from "../endpoint/invalid.ts";
import { oneOf } from "../endpoint/values.ts";
import { merged } from "../kubernetes/merge.ts";

/** How addresses are announced. */
export const MetalLbMode = {
  /** ARP and NDP: one node of the network answers for an address. Needs nothing of the router. */
  L2: "L2",
  /** BGP: routers learn the addresses, and spread flows over nodes. */
  Bgp: "BGP",
} as const;
export type MetalLbMode = (typeof MetalLbMode)[keyof typeof MetalLbMode];

/** Which program speaks BGP. */
export const BgpBackend = {
  /** FRR as a DaemonSet of its own: BFD, IPv6, VRFs. Default of MetalLB from 0.16 on. */
  FrrK8s: "FRR_K8S",
  /** FRR beside the speaker; deprecated from 0.16 on. */
  Frr: "FRR",
  /** The speaker itself: IPv4, without BFD. */
  Native: "NATIVE",
} as const;
export type BgpBackend = (typeof BgpBackend)[keyof typeof BgpBackend];

/**
 * Version of chart and images that is installed when none is given. 0.15.2 is the newest that this
 * project runs itself: docs/decisions/0008-helm-releases.md.
 */
export const METALLB_VERSION = "0.15.2";

/** MetalLB in a cluster. One for a cluster. */
export interface MetalLbArgs {
  /** `L2` or `BGP`. Left out: `L2`. */
  readonly mode?: MetalLbMode;
  /** Program that speaks BGP. Goes with the mode `BGP`. Left out: `FRR_K8S`. */
  readonly bgpBackend?: BgpBackend;
  /** Namespace that is made for it. Left out: `metallb-system`. */
  readonly namespace?: Input<string>;
  /**
   * Serve only Services with this `loadBalancerClass`, where something else (Cilium, k3s' servicelb)
   * hands out addresses as well. Left out: Services without a class.
   */
  readonly loadBalancerClass?: string;
  /** Nodes that announce, by their labels. Left out: all. */
  readonly speakerNodeSelector?: Readonly<Record<string, string>>;
  /**
   * Announce from nodes labelled `node.kubernetes.io/exclude-from-external-load-balancers` too, as
   * kubeadm labels its control plane. Needed where there are no others. Left out: false.
   */
  readonly announceFromExcludedNodes?: boolean;
  /** Version of the chart. Left out: 0.15.2. */
  readonly version?: string;
  /**
   * A chart of your own in the place of the published one: a folder, an archive, an `oci://`
   * address. Left out: `metallb` of https://metallb.github.io/metallb.
   */
  readonly chart?: Input<string>;
  /**
   * Further values of the chart, such as images of a mirror. What the other arguments decide wins
   * over them. Left out: none.
   */
  readonly values?: Readonly<Record<string, unknown>>;
  /** Seconds until controller and speakers have to be ready, from 30. Left out: 300. */
  readonly timeoutSeconds?: number;
}

/** @throws InputPropertyError naming the property, the limit and the way out. */
export function checkMetalLbArgs(args: MetalLbArgs): void {
  const { mode = MetalLbMode.L2, bgpBackend, timeoutSeconds = 300 } = args;
  together(
    () => oneOf("mode", mode, MetalLbMode),
    () => bgpBackend !== undefined && oneOf("bgpBackend", bgpBackend, BgpBackend),
    () => {
      if (bgpBackend !== undefined && mode === MetalLbMode.L2) {
        invalid("bgpBackend", "is given, but the mode is L2, which speaks no BGP: leave one out");
      }
    },
    () => {
      if (!Number.isInteger(timeoutSeconds) || timeoutSeconds < 30) {
        invalid("timeoutSeconds", `${timeoutSeconds} is not a whole number of seconds from 30`);
      }
    },
  );
}

/**
 * Values of the chart. Both switches of FRR are always said: which one is on when left out differs
 * between versions, and in L2 mode neither may run.
 */
export function metalLbValues(args: MetalLbArgs): Record<string, unknown> {
  const { mode = MetalLbMode.L2, loadBalancerClass, speakerNodeSelector } = args;
  const backend = mode === MetalLbMode.Bgp ? (args.bgpBackend ?? BgpBackend.FrrK8s) : undefined;
  return merged(args.values ?? {}, {
    ...(loadBalancerClass === undefined ? {} : { loadBalancerClass }),
    crds: { enabled: true },
    frrk8s: { enabled: backend === BgpBackend.FrrK8s },
    speaker: {
      frr: { enabled: backend === BgpBackend.Frr },
      ignoreExcludeLB: args.announceFromExcludedNodes ?? false,
      ...(speakerNodeSelector === undefined ? {} : { nodeSelector: { ...speakerNodeSelector } }),
    },
  });
}

/** Labels that let pods with host network and NET_RAW, as speakers are, into a namespace. */
export const PRIVILEGED_NAMESPACE: Readonly<Record<string, string>> = {
  "pod-security.kubernetes.io/audit": "privileged",
  "pod-security.kubernetes.io/enforce": "privileged",
  "pod-security.kubernetes.io/warn": "privileged",
};
