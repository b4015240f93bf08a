import type { Input } from "@pulumi/pulumi";
import { invalid, together } from "../endpoint/invalid.ts";
import { oneOf } from "../endpoint/values.ts";
import { checkPoolRanges } from "../kubernetes/index.ts";
import { MetalLbMode } from "./metallb-args.ts";

/** A pool, as load balancers take it. Plain data. */
export interface MetalLbPool {
  /** Name of the IPAddressPool. */
  readonly name: string;
  /** Its ranges, as they were given. */
  readonly ranges: readonly string[];
}

/** Which Services a pool is kept for. */
export interface PoolAllocationArgs {
  /** Order among the pools that fit, the lowest number first. Left out: 0, which comes last. */
  readonly priority?: number;
  /** Namespaces, by name. Left out: all. */
  readonly namespaces?: readonly string[];
  /** Services, by their labels; any of the maps may match. Left out: all. */
  readonly serviceLabels?: readonly Readonly<Record<string, string>>[];
}

/** How routers are told of a pool's addresses. */
export interface BgpAdvertisementArgs {
  /** Prefix length that IPv4 addresses are announced with, up to 32. Left out: 32, each by itself. */
  readonly aggregationLength?: number;
  /** The same for IPv6, up to 128. Left out: 128. */
  readonly aggregationLengthV6?: number;
  /** BGP local preference. Left out: none. */
  readonly localPref?: number;
  /** Communities, as numbers (`64512:1`) or by name. Left out: none. */
  readonly communities?: readonly string[];
  /** Names of the peers that are told. Left out: all. */
  readonly peers?: readonly Input<string>[];
}

/** Addresses that MetalLB hands out and announces. */
export interface MetalLbAddressPoolArgs {
  /** `namespace` of a `MetalLb`. MetalLB reads pools of its own namespace only. */
  readonly namespace: Input<string>;
  /**
   * Ranges (`192.168.1.200-192.168.1.220`) and networks (`192.168.1.192/27`), of IPv4 and IPv6, no
   * address twice. Keep them out of the router's DHCP range.
   */
  readonly addresses: readonly string[];
  /**
   * Ranges of others, by who uses them: `{ nodes: [...], pods: [...], "the router's DHCP": [...] }`.
   * A pool that overlaps with one is refused, which MetalLB itself does not do. Left out: nothing is
   * compared.
   */
  readonly keepClearOf?: Readonly<Record<string, readonly string[]>>;
  /** Name of the pool in Kubernetes. Left out: Pulumi names it. */
  readonly poolName?: string;
  /** `L2` or `BGP`: which advertisement is made with the pool. Left out: `L2`. */
  readonly mode?: MetalLbMode;
  /** Give addresses to Services that ask for no pool. Left out: true. */
  readonly autoAssign?: boolean;
  /** Leave out addresses that end in .0 or .255, which some old routers drop. Left out: false. */
  readonly avoidBuggyIPs?: boolean;
  /** Keep the pool for some Services. Left out: for all. */
  readonly serviceAllocation?: PoolAllocationArgs;
  /** Nodes that announce, by their labels; any of the maps may match. Left out: all. */
  readonly nodeLabels?: readonly Readonly<Record<string, string>>[];
  /** Network interfaces that answer, in L2 mode. Left out: all of a node. */
  readonly interfaces?: readonly string[];
  /** Further properties of the advertisement, in BGP mode. Left out: none. */
  readonly bgp?: BgpAdvertisementArgs;
}

/** @throws InputPropertyError naming the property, the limit and the way out. */
export function checkAddressPoolArgs(args: MetalLbAddressPoolArgs): MetalLbMode {
  const mode = args.mode ?? MetalLbMode.L2;
  const { aggregationLength = 32, aggregationLengthV6 = 128 } = args.bgp ?? {};
  together(
    () => checkPoolRanges("addresses", args.addresses, args.keepClearOf ?? {}),
    () => oneOf("mode", mode, MetalLbMode),
    () => prefixLength("bgp.aggregationLength", aggregationLength, 32),
    () => prefixLength("bgp.aggregationLengthV6", aggregationLengthV6, 128),
    () => {
      if (args.bgp !== undefined && mode === MetalLbMode.L2) {
        invalid("bgp", "is given, but the mode is L2: leave it out, or set mode to BGP");
      }
    },
    () => {
      if (args.interfaces !== undefined && mode === MetalLbMode.Bgp) {
        invalid("interfaces", "is given, but they are for L2 mode: BGP follows the peers' routes");
      }
    },
  );
  return mode;
}

function prefixLength(property: string, value: number, longest: number): void {
  if (!Number.isInteger(value) || value < 1 || value > longest) {
    invalid(property, `${value} is not a prefix length: a whole number from 1 to ${longest}`);
  }
}

const matching = (maps: readonly Readonly<Record<string, string>>[]) =>
  maps.map((labels) => ({ matchLabels: { ...labels } }));

/** `spec` of an IPAddressPool. */
export function poolSpec(args: MetalLbAddressPoolArgs) {
  const { priority, namespaces, serviceLabels } = args.serviceAllocation ?? {};
  return {
    addresses: [...args.addresses],
    autoAssign: args.autoAssign ?? true,
    avoidBuggyIPs: args.avoidBuggyIPs ?? false,
    ...(args.serviceAllocation === undefined
      ? {}
      : {
          serviceAllocation: {
            ...(priority === undefined ? {} : { priority }),
            ...(namespaces === undefined ? {} : { namespaces: [...namespaces] }),
            ...(serviceLabels === undefined ? {} : { serviceSelectors: matching(serviceLabels) }),
          },
        }),
  };
}

/** `spec` of the advertisement that goes with the pool. */
export function advertisementSpec<Name>(args: MetalLbAddressPoolArgs, pool: Name) {
  const { aggregationLength, aggregationLengthV6, localPref, communities, peers } = args.bgp ?? {};
  return {
    ipAddressPools: [pool],
    ...(args.nodeLabels === undefined ? {} : { nodeSelectors: matching(args.nodeLabels) }),
    ...(args.interfaces === undefined ? {} : { interfaces: [...args.interfaces] }),
    ...(aggregationLength === undefined ? {} : { aggregationLength }),
    ...(aggregationLengthV6 === undefined ? {} : { aggregationLengthV6 }),
    ...(localPref === undefined ? {} : { localPref }),
    ...(communities === undefined ? {} : { communities: [...communities] }),
    ...(peers === undefined ? {} : { peers: [...peers] }),
  };
}
