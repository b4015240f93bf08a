import { all, type Input, type Output, output, type Resource } from "@pulumi/pulumi";
import { checkedLater } from "../endpoint/invalid.ts";
import { isPlain } from "../endpoint/plain.ts";
import { checkAddresses, checkInPool } from "./address-ranges.ts";
import type { IpFamily } from "./load-balancer-args.ts";
import { familiesOf } from "./load-balancer-service.ts";

/** A pool as load balancers are given it. */
interface Pool {
  readonly name: string;
  readonly ranges: readonly string[];
}

/** The arguments that ask for addresses. */
export interface RequestingArgs {
  /** Addresses to ask for. Left out: whatever is free. */
  readonly addresses?: readonly Input<string>[];
  /** Pool that has to hold them. Left out: any. */
  readonly pool?: Input<Pool>;
}

/** What a Service asks for, in the forms in which it is used. */
export interface RequestedAddresses {
  /** For the endpoint: known while the pool is not known yet. */
  readonly addresses: Output<string[]>;
  /** For the annotation: joined by commas, once they are compared with the pool. */
  readonly annotation: Output<string>;
  /** Their IP versions, where they are plain values. */
  readonly families: readonly IpFamily[] | undefined;
}

/**
 * Checks addresses that a Service asks for as soon as they and the pool are known; what is refused
 * then is an error of the component.
 *
 * @param who Hands them out: `MetalLB`.
 * @returns `undefined` where none are asked for.
 */
export function requestedAddresses(
  component: Resource,
  given: RequestingArgs,
  who: string,
): RequestedAddresses | undefined {
  if (given.addresses === undefined) {
    return undefined;
  }
  const addresses = all([...given.addresses]).apply((known) =>
    checkedLater(component, () => checkAddresses("addresses", known)),
  );
  const pool = given.pool && output(given.pool);
  const compared =
    pool === undefined
      ? addresses
      : all([addresses, pool.name, pool.ranges]).apply(([known, name, ranges]) =>
          checkedLater(component, () => checkInPool(known, { name, ranges }, who)),
        );
  const plain = given.addresses.every(isPlain) ? (given.addresses as readonly string[]) : undefined;
  return {
    addresses,
    annotation: compared.apply((known) => known.join(",")),
    families: plain && familiesOf(plain),
  };
}
