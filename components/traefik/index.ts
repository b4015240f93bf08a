export { type Endpoint, Protocol } from "../endpoint/index.ts";
export {
  type DriftReport,
  driftReport,
  expectedRoutes,
  type RouteView,
  servedRoutes,
  type TraefikApi,
} from "./drift.ts";
export { entryPointName, type PortPools, type PortRangeArgs } from "./entry-points.ts";
export {
  checkFileRoutes,
  dynamicConfig,
  type FileRoute,
  hashTcpRoutes,
  hashUdpRoutes,
  type StaticConfigOptions,
  staticConfig,
} from "./file-config.ts";
export { L4Gateway } from "./gateway.ts";
export {
  type GatewayServiceArgs,
  GatewayServices,
  type L4GatewayArgs,
  type L4GatewayInfo,
  TRAEFIK_CHART_VERSION,
} from "./gateway-args.ts";
export { PortAllocation, type PortAllocationArgs } from "./port-allocation.ts";
export {
  type RouteArgs,
  type RouteBackendArgs,
  type RouteTlsArgs,
  TcpApplication,
  type TcpRouteArgs,
  TlsMode,
} from "./route-args.ts";
export { TcpRoute } from "./tcp-route.ts";
export { UdpRoute } from "./udp-route.ts";
