import type { StackRule, Subject } from "../rule.ts";
import { at, isMissing, listOf, textOf } from "../values.ts";

const POOL = /^kubernetes:metallb\.io\/v\w+:IPAddressPool$/;
const ADVERTISEMENT = /^kubernetes:metallb\.io\/v\w+:(L2|BGP)Advertisement$/;

const nameOf = ({ props }: Subject): string => textOf(at(props, "metadata.name"));
const namespaceOf = ({ props }: Subject): string => textOf(at(props, "metadata.namespace"));

/** Names none: all pools. By selector or by names that are not known yet: perhaps this one. */
function covers(advertisement: Subject, pool: Subject): boolean {
  const pools = at(advertisement.props, "spec.ipAddressPools");
  const selectors = at(advertisement.props, "spec.ipAddressPoolSelectors");
  const named = listOf(pools);
  const apart =
    namespaceOf(advertisement) !== "" &&
    namespaceOf(pool) !== "" &&
    namespaceOf(advertisement) !== namespaceOf(pool);
  const byName =
    (isMissing(pools) && isMissing(selectors)) ||
    !isMissing(selectors) ||
    !Array.isArray(pools) ||
    named.length === 0 ||
    named.some((name) => typeof name !== "string" || name === nameOf(pool));
  return !apart && byName;
}

export const metallbPoolAdvertised: StackRule = {
  name: "udp-metallb-pool-advertised",
  level: "advisory",
  levelReason: "the advertisement may be in another stack",
  trap: 23,
  refuses: "A MetalLB address pool has no advertisement in the stack.",
  wayOut: "Add an L2Advertisement or BGPAdvertisement that names the pool.",
  stackFaults: (subjects) => {
    const advertisements = subjects.filter(({ type }) => ADVERTISEMENT.test(type));
    return subjects
      .filter(({ type }) => POOL.test(type))
      .filter((pool) => nameOf(pool) !== "")
      .filter((pool) => !advertisements.some((one) => covers(one, pool)))
      .map((pool) => ({
        urn: pool.urn,
        fault: `nothing advertises the pool ${nameOf(pool)}: Services get addresses that nobody answers for`,
      }));
  },
};
