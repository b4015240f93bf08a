export { type Endpoint, Exposure, Protocol } from "../endpoint/index.ts";
export { TrafficPolicy as DoksTrafficPolicy } from "../kubernetes/index.ts";
export { DoksUdpLoadBalancer } from "./doks-load-balancer.ts";
export type { DoksUdpLoadBalancerArgs } from "./doks-load-balancer-args.ts";
export { DoDropletRelay } from "./droplet-relay.ts";
export type { DoDropletRelayArgs } from "./droplet-relay-args.ts";
export { DoUdpLoadBalancer } from "./load-balancer.ts";
export {
  type DoHealthCheckArgs,
  DoHealthCheckProtocol,
  type DoUdpLoadBalancerArgs,
} from "./load-balancer-args.ts";
export { type DoAddress, DoReservedIp, type DoReservedIpArgs } from "./reserved-ip.ts";
