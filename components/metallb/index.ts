export { type Endpoint, Exposure, Protocol } from "../endpoint/index.ts";
export { IpFamily, TrafficPolicy } from "../kubernetes/index.ts";
export { MetalLbAddressPool } from "./address-pool.ts";
export type {
  BgpAdvertisementArgs,
  MetalLbAddressPoolArgs,
  MetalLbPool,
  PoolAllocationArgs,
} from "./address-pool-args.ts";
export { MetalLbBgpPeer, type MetalLbBgpPeerArgs } from "./bgp-peer.ts";
export { MetalLbUdpLoadBalancer } from "./load-balancer.ts";
export type { MetalLbUdpLoadBalancerArgs, SharedAddressArgs } from "./load-balancer-args.ts";
export { MetalLb } from "./metallb.ts";
export { BgpBackend, METALLB_VERSION, type MetalLbArgs, MetalLbMode } from "./metallb-args.ts";
