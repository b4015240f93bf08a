import type { ResourceRule } from "../rule.ts";
import { at, isTrue, UNKNOWN } from "../values.ts";
import { classOf, isLoadBalancer, SERVICE, trafficPolicyOf } from "./service-view.ts";

/** Class of Services that Cilium announces with ARP and NDP. */
export const L2_CLASS = "io.cilium/l2-announcer";

const announcesNothing: ResourceRule = {
  name: "udp-cilium-l2-addresses",
  level: "mandatory",
  levelReason: "a policy that announces nothing leaves every Service unreachable",
  trap: 27,
  refuses: "A Cilium L2 announcement policy announces no kind of address.",
  wayOut: "Set `loadBalancerIPs: true`.",
  types: /^kubernetes:cilium\.io\/v\w+:CiliumL2AnnouncementPolicy$/,
  faults: ({ props }) =>
    ["spec.loadBalancerIPs", "spec.externalIPs"]
      .map((path) => at(props, path))
      .some((value) => value === UNKNOWN || isTrue(value))
      ? []
      : ["both `loadBalancerIPs` and `externalIPs` are off, which is their default"],
};

const localPolicy: ResourceRule = {
  name: "udp-cilium-l2-local",
  level: "mandatory",
  levelReason: "the announcing node may have no pod, and drops what it gets",
  trap: 26,
  refuses: "A Service that Cilium announces on layer 2 has the traffic policy Local.",
  wayOut: "Set `externalTrafficPolicy: Cluster`, or announce with BGP.",
  types: SERVICE,
  faults: (subject) =>
    isLoadBalancer(subject) && classOf(subject) === L2_CLASS && trafficPolicyOf(subject) === "Local"
      ? ["Cilium chooses the announcing node without looking where pods are"]
      : [],
};

export const ciliumRules = [announcesNothing, localPolicy];
