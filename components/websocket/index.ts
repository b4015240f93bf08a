export { type Endpoint, Protocol } from "../endpoint/index.ts";
export { TrafficPolicy } from "../kubernetes/index.ts";
export { WebSocketLoadBalancer } from "./load-balancer.ts";
export {
  IngressController,
  TlsTermination,
  type WebSocketLoadBalancerArgs,
  type WebSocketPodSettings,
  type WebSocketTlsArgs,
} from "./load-balancer-args.ts";
