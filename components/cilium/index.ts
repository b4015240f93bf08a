export { type Endpoint, Exposure, Protocol } from "../endpoint/index.ts";
export { IpFamily, TrafficPolicy } from "../kubernetes/index.ts";
export { CiliumAddressPool } from "./address-pool.ts";
export {
  type CiliumAddressPoolArgs,
  type CiliumPool,
  CiliumPoolVersion,
} from "./address-pool-args.ts";
export { CiliumL2Policy, type CiliumL2PolicyArgs } from "./l2-policy.ts";
export { CiliumUdpLoadBalancer } from "./load-balancer.ts";
export {
  CiliumAnnouncement,
  type CiliumSharedAddressArgs,
  type CiliumUdpLoadBalancerArgs,
} from "./load-balancer-args.ts";
