import { staticAddressProtected } from "./address.ts";
import { networkLoadBalancerRules } from "./aws/load-balancer.ts";
import { targetGroupRules } from "./aws/target-group.ts";
import { azureAddressRules } from "./azure.ts";
import { cloudflareRules } from "./cloudflare.ts";
import { digitalOceanRules } from "./digitalocean.ts";
import { azureServiceRules } from "./kubernetes/azure-service.ts";
import { ciliumRules } from "./kubernetes/cilium.ts";
import { metallbPoolAdvertised } from "./kubernetes/metallb.ts";
import { serviceRules } from "./kubernetes/service.ts";
import { traefikEntryPoints } from "./kubernetes/traefik.ts";
import { workloadRules } from "./kubernetes/workload.ts";
import type { Rule } from "./rule.ts";
import { sshOpen } from "./ssh.ts";

/** Every rule of the pack. */
export const rules: readonly Rule[] = [
  ...cloudflareRules,
  ...azureServiceRules,
  ...serviceRules,
  ...workloadRules,
  metallbPoolAdvertised,
  ...ciliumRules,
  traefikEntryPoints,
  ...azureAddressRules,
  staticAddressProtected,
  ...targetGroupRules,
  ...networkLoadBalancerRules,
  ...digitalOceanRules,
  sshOpen,
];
