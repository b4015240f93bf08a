/**
 * What AWS allows, in one place: checks and docs/platforms/aws.md read it.
 *
 * - Load balancers: https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-limits.html
 * - Health checks: https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html
 * - ECS: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/nlb.html
 */
export const AWS_LIMITS = {
  /** Characters of the name of a load balancer or target group. */
  nameLength: 32,
  /** Of these, what Pulumi adds to a logical name: a hyphen and seven digits. */
  autonameLength: 8,
  /** Listeners of one Network Load Balancer. */
  listenersPerLoadBalancer: 50,
  /** Target groups of one ECS service. */
  targetGroupsPerService: 5,
  /** Seconds between two health checks. */
  healthCheckInterval: { min: 5, max: 300 },
  /** Seconds until a health check has failed. */
  healthCheckTimeout: { min: 2, max: 120 },
  /** Checks in a row that change a target's state. */
  healthCheckThreshold: { min: 2, max: 10 },
  /** Seconds that a target on its way out keeps its flows. */
  deregistrationDelay: { min: 0, max: 3600 },
  /** Seconds without a packet after which a UDP flow may get another target. Fixed. */
  udpFlowIdleSeconds: 120,
} as const;
