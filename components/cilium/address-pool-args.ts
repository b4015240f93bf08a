import { each, invalid, together } from "../endpoint/invalid.ts";
import { oneOf } from "../endpoint/values.ts";
import { checkPoolRanges } from "../kubernetes/index.ts";

/** Version of Cilium's API for pools. */
export const CiliumPoolVersion = {
  /** Cilium 1.18 and newer. */
  V2: "cilium.io/v2",
  /** Older ones. */
  V2Alpha1: "cilium.io/v2alpha1",
} as const;
export type CiliumPoolVersion = (typeof CiliumPoolVersion)[keyof typeof CiliumPoolVersion];

/** A pool, as load balancers take it. Plain data. */
export interface CiliumPool {
  /** Name of the CiliumLoadBalancerIPPool. */
  readonly name: string;
  /** Its ranges, as they were given. */
  readonly ranges: readonly string[];
  /** Labels that a Service needs to get an address of it; empty for every Service. */
  readonly serviceLabels: Readonly<Record<string, string>>;
}

/** Addresses that Cilium hands out. */
export interface CiliumAddressPoolArgs {
  /** Networks (`10.0.150.200/29`), ranges (`10.0.150.200-10.0.150.210`) and single addresses. */
  readonly addresses: readonly string[];
  /**
   * Ranges of others, by who uses them: `{ nodes: [...], "the router's DHCP": [...] }`. A pool that
   * overlaps with one is refused. Left out: nothing is compared.
   */
  readonly keepClearOf?: Readonly<Record<string, readonly string[]>>;
  /** Name of the pool in Kubernetes; it is cluster-wide. Left out: Pulumi names it. */
  readonly poolName?: string;
  /** Only Services with these labels; load balancers that are given the pool carry them. Left out: all. */
  readonly serviceLabels?: Readonly<Record<string, string>>;
  /** Give out the first and the last address of a network too. Left out: true, Cilium's own since 1.16. */
  readonly allowFirstLastIPs?: boolean;
  /** `cilium.io/v2` or `cilium.io/v2alpha1`. Left out: `cilium.io/v2`. */
  readonly apiVersion?: CiliumPoolVersion;
}

/** @throws InputPropertyError naming the property, the limit and the way out. */
export function checkAddressPoolArgs(args: CiliumAddressPoolArgs): void {
  together(
    () => checkPoolRanges("addresses", args.addresses, args.keepClearOf ?? {}),
    () => oneOf("apiVersion", args.apiVersion ?? CiliumPoolVersion.V2, CiliumPoolVersion),
    () =>
      each(Object.entries(args.serviceLabels ?? {}), ([label, value]) => {
        if (value === "") {
          invalid(`serviceLabels["${label}"]`, "is empty: give the label's value, or leave it out");
        }
      }),
  );
}

/** `spec` of a CiliumLoadBalancerIPPool. */
export function poolSpec(args: CiliumAddressPoolArgs) {
  const { serviceLabels } = args;
  return {
    blocks: args.addresses.map(block),
    allowFirstLastIPs: (args.allowFirstLastIPs ?? true) ? "Yes" : "No",
    ...(serviceLabels === undefined
      ? {}
      : { serviceSelector: { matchLabels: { ...serviceLabels } } }),
  };
}

function block(text: string) {
  if (text.includes("/")) {
    return { cidr: text };
  }
  const [start = "", stop = start] = text.split("-").map((part) => part.trim());
  return { start, stop };
}
