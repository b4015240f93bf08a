export { type Endpoint, Exposure, Protocol } from "../endpoint/index.ts";
export { type PorterSelectorArgs, porterSelector, TrafficPolicy } from "../kubernetes/index.ts";
export { type AksAddress, IpVersion } from "./address.ts";
export { AKS_LIMITS, RESERVED_TAGS } from "./limits.ts";
export { AksUdpLoadBalancer } from "./load-balancer.ts";
export type {
  AksHealthProbeArgs,
  AksPortArgs,
  AksUdpLoadBalancerArgs,
} from "./load-balancer-args.ts";
export { networkContributorId, roleAssignmentName } from "./role.ts";
export { roleDelayMs, roleRetry } from "./role-retry.ts";
export { AksStaticIp } from "./static-ip.ts";
export type { AksClusterArgs, AksStaticIpArgs } from "./static-ip-args.ts";
