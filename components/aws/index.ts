export { type Endpoint, Exposure, Protocol } from "../endpoint/index.ts";
export { AwsBackendAccess, type AwsBackendAccessArgs } from "./backend-access.ts";
export type { AwsBackendPortArgs } from "./backend-ports.ts";
export { AwsFargateBackend } from "./fargate-backend.ts";
export type { AwsFargateBackendArgs } from "./fargate-backend-args.ts";
export { AwsFargateRelay } from "./fargate-relay.ts";
export type { AwsFargateRelayArgs } from "./fargate-relay-args.ts";
export type { AwsFargateTaskArgs } from "./fargate-task-args.ts";
export { AwsImageRepository, type AwsImageRepositoryArgs } from "./image-repository.ts";
export { AwsInstanceRelay } from "./instance-relay.ts";
export { Architecture, type AwsInstanceRelayArgs } from "./instance-relay-args.ts";
export { AWS_LIMITS } from "./limits.ts";
export { type AwsTarget, AwsUdpLoadBalancer } from "./load-balancer.ts";
export {
  type AwsHealthCheckArgs,
  type AwsUdpLoadBalancerArgs,
  HealthCheckProtocol,
  TargetType,
} from "./load-balancer-args.ts";
export { AwsNetwork } from "./network.ts";
export { type AwsNetworkArgs, type AwsZoneArgs, NatGateways } from "./network-args.ts";
export { AwsPrivateNamespace } from "./private-namespace.ts";
export type { AwsNamespace, AwsPrivateNamespaceArgs } from "./private-namespace-args.ts";
export { type AwsAddress, AwsStaticIps, type AwsStaticIpsArgs } from "./static-ips.ts";
