import type { ResourceRule, Subject } from "../rule.ts";
import { isMissing, listOf, mapsOf } from "../values.ts";

const LOAD_BALANCER =
  /^aws:(lb|alb|elasticloadbalancingv2|applicationloadbalancing)\/loadBalancer:LoadBalancer$/;

const isNetwork = ({ props }: Subject): boolean => props.loadBalancerType === "network";

const securityGroups: ResourceRule = {
  name: "udp-nlb-security-groups",
  level: "advisory",
  levelReason: "it works until the first group is wanted; QUIC listeners allow none",
  trap: 10,
  refuses: "A network load balancer is made without security groups.",
  wayOut: "Set `securityGroups` from the start: one that was made without can never be given any.",
  types: LOAD_BALANCER,
  faults: (subject) => {
    const groups = subject.props.securityGroups;
    const none = isMissing(groups) || (Array.isArray(groups) && listOf(groups).length === 0);
    return isNetwork(subject) && none ? ["it has no security groups"] : [];
  },
};

const replaceOrder: ResourceRule = {
  name: "udp-nlb-delete-before-replace",
  level: "advisory",
  levelReason: "it fails only when the load balancer is replaced, and then loudly",
  trap: 13,
  refuses:
    "A network load balancer with Elastic IPs is replaced before the old one lets go of them.",
  wayOut: "Set the resource option `deleteBeforeReplace: true`.",
  types: LOAD_BALANCER,
  faults: (subject) => {
    const elastic = mapsOf(subject.props.subnetMappings).some(
      ({ allocationId }) => !isMissing(allocationId),
    );
    return isNetwork(subject) && elastic && subject.deleteBeforeReplace !== true
      ? ["its Elastic IPs are in use while its replacement is made"]
      : [];
  },
};

export const networkLoadBalancerRules = [securityGroups, replaceOrder];
