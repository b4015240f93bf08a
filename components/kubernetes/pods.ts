import { type ComponentResource, output } from "@pulumi/pulumi";
import { checkedLater } from "../endpoint/invalid.ts";
import type { ServiceLoadBalancerArgs } from "./load-balancer-args.ts";
import { checkSelector } from "./selector.ts";

/** Namespace and checked selector of the pods, as Services take them. */
export function podsOf(
  component: ComponentResource,
  args: Pick<ServiceLoadBalancerArgs, "namespace" | "selector">,
) {
  return {
    namespace: output(args.namespace ?? "default"),
    selector: output(args.selector).apply((labels) =>
      checkedLater(component, () => checkSelector(labels)),
    ),
  };
}
