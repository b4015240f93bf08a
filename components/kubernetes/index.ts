export {
  type AddressRange,
  checkPoolRanges,
  checkRequested,
  inRanges,
  overlap,
  parseRange,
} from "./address-ranges.ts";
export {
  type CheckedServicePorts,
  checkServiceArgs,
  IpFamily,
  type ServiceLoadBalancerArgs,
  TrafficPolicy,
} from "./load-balancer-args.ts";
export {
  assignedAddresses,
  internalService,
  type LoadBalancerServiceOptions,
  loadBalancerService,
  publishedPorts,
} from "./load-balancer-service.ts";
export { type RequestedAddresses, requestedAddresses } from "./requested-addresses.ts";
export { checkSelector, type PorterSelectorArgs, porterSelector } from "./selector.ts";
export { commonLabels, labelValue, type ServicePort, servicePorts } from "./service.ts";
export { retryDelayMs, webhookRetry } from "./webhook-retry.ts";
