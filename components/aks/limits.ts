/**
 * What Azure and its cloud controller allow, in one place: checks and docs/platforms/aks.md read it.
 *
 * - Load balancer limits: https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits#load-balancer
 * - Probes and tags: kubernetes-sigs/cloud-provider-azure, pkg/provider/azure_loadbalancer_healthprobe.go and pkg/consts.
 */
export const AKS_LIMITS = {
  /** Load-balancing rules per network interface, over all Services of the cluster. */
  rulesPerNic: 300,
  /** Least seconds between two health probes. */
  minProbeIntervalSeconds: 5,
  /** Least number of failed probes before a node is taken out. */
  minProbeCount: 2,
  /** Interval times count has to stay below this, or the whole Service is not synchronised. Seconds. */
  probeProductBelowSeconds: 120,
  /** Length of a public IP address's DNS label. */
  dnsLabelLength: { min: 3, max: 63 },
} as const;

/**
 * Tags that the cloud controller reads as its own. With one of the first two on it, an address
 * counts as system-managed: the controller rewrites the tag, and deletes the address together
 * with the Service. A company-wide tagging rule `service: …` is the usual way into this.
 */
export const RESERVED_TAGS: readonly string[] = [
  "k8s-azure-cluster-name",
  "k8s-azure-dns-label-service",
  "k8s-azure-service",
  "kubernetes-cluster-name",
  "kubernetes-dns-label-service",
  "service",
];
