import { z } from "zod";
import { checkPoolRanges } from "../../components/kubernetes/address-ranges.ts";
import { inRanges } from "../../components/kubernetes/ranges.ts";
import { tell } from "./checked.ts";
import { block, expected, flag, listOf, namespaceName, text } from "./fields.ts";

const range = () => text('a range such as "192.168.1.200-192.168.1.220" or "192.168.1.192/27"');

/** Addresses of a network, in the words of whoever uses them. */
export const addressRanges = () => listOf(range(), "range");
export const neighbours = () =>
  z.record(z.string(), addressRanges(), {
    error: expected("a map of who uses ranges to lists of them"),
  });

/** MetalLB and the addresses that it hands out. */
export const metalLbNetwork = block({
  /** False: MetalLB is in the cluster already. */
  install: flag().default(true),
  namespace: namespaceName().default("metallb-system"),
  /** Announce from nodes that are kept out of load balancing, as kubeadm's control planes are. */
  announceFromExcludedNodes: flag().default(false),
  /** What it may hand out. */
  addresses: addressRanges(),
  /** Ranges of others, by who uses them; the pool may not overlap with one. */
  keepClearOf: neighbours().default({}),
}).superRefine(({ addresses, keepClearOf }, context) =>
  tell(context, () => checkPoolRanges("addresses", addresses, keepClearOf)),
);

export type MetalLbNetwork = z.output<typeof metalLbNetwork>;

/** A requested address with the place that it is asked for at. */
export interface Requested {
  readonly at: readonly (string | number)[];
  readonly address: string | undefined;
}

/** What is wrong with addresses that are asked of a pool: outside of it, or asked for twice. */
export function requestMistakes(
  requests: readonly Requested[],
  pool: readonly string[],
): readonly { readonly path: (string | number)[]; readonly message: string }[] {
  return requests.flatMap(({ at, address }, index) => {
    if (address === undefined) {
      return [];
    }
    const twice = requests.findIndex((other) => other.address === address);
    if (twice < index) {
      const other = requests[twice]?.at.join(".");
      return [{ path: [...at], message: `${address} is not allowed: ${other} asks for it, too` }];
    }
    return inRanges(address, pool)
      ? []
      : [{ path: [...at], message: `${address} is not in the pool: ${pool.join(", ")}` }];
  });
}
