import { ErrorHook, type ErrorHookArgs, log } from "@pulumi/pulumi";

/** What pulumi-kubernetes says of a Service that nobody gave an address (provider/pkg/await/service.go). */
const NO_ADDRESS = /was not allocated an IP address/;

/** Annotations that ask for addresses: MetalLB's, and Cilium's. */
const ASKING = ["metallb.io/loadBalancerIPs", "lbipam.cilium.io/ips"];

/**
 * Why a Service may have no address, and how to find out, in a line; `undefined` for any other
 * failure. Who hands out addresses says it in an event of the Service, which the provider does not
 * read.
 *
 * @param who Hands out addresses: `MetalLB`.
 */
export function noAddressLine(
  who: string,
  { errors, newInputs }: Pick<ErrorHookArgs, "errors" | "newInputs">,
): string | undefined {
  if (!NO_ADDRESS.test(errors[0] ?? "")) {
    return undefined;
  }
  const { name = "", namespace = "default", annotations = {} } = newInputs?.metadata ?? {};
  const asked = ASKING.map((key) => annotations[key]).find((value) => value !== undefined);
  const why =
    asked === undefined
      ? `${who} has none to give: no pool with a free one is for this Service`
      : `${asked} is asked for, which another Service has or no pool of ${who} holds. Ask for another one, or free or share this one`;
  return `Service ${namespace}/${name} got no address: ${why}. "kubectl describe service -n ${namespace} ${name}" tells which`;
}

/**
 * A hook that says why a Service may have got no address; it has nothing tried again.
 *
 * @param name Unique among the hooks of the program.
 */
export function noAddressHook(name: string, who: string): ErrorHook {
  return new ErrorHook(name, async (failure) => {
    const line = noAddressLine(who, failure);
    if (line !== undefined) {
      await log.error(line);
    }
    return false;
  });
}
