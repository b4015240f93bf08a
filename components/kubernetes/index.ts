export { checkPoolRanges, checkRequested } from "./address-ranges.ts";
export {
  checkServiceArgs,
  IpFamily,
  NO_PUBLIC_PORT,
  type ServiceLoadBalancerArgs,
  TrafficPolicy,
} from "./load-balancer-args.ts";
export {
  assignedAddresses,
  internalService,
  loadBalancerService,
} from "./load-balancer-service.ts";
export { podsOf } from "./pods.ts";
export { type AddressRange, inRanges, overlap, parseRange } from "./ranges.ts";
export { RESTRICTED_CONTAINER, restrictedPod } from "./restricted.ts";
export { retryHook } from "./retry-hook.ts";
export { checkSelector, type PorterSelectorArgs, porterSelector } from "./selector.ts";
export { commonLabels, labelValue, type ServicePort, servicePorts } from "./service.ts";
export { retryDelayMs, webhookRetry } from "./webhook-retry.ts";
