import type { Input } from "@pulumi/pulumi";
import { type Port, type PortArgs, resolvePorts } from "../endpoint/index.ts";
import { invalid, together } from "../endpoint/invalid.ts";
import { isPlain } from "../endpoint/plain.ts";
import {
  type AwsFargateTaskArgs,
  type CheckedFargateTask,
  checkFargateTaskArgs,
} from "./fargate-task-args.ts";
import { AWS_LIMITS } from "./limits.ts";
import type { AwsTarget } from "./load-balancer.ts";

/** Tasks on Fargate behind an `AwsUdpLoadBalancer`, in subnets in its zones. */
export interface AwsFargateRelayArgs extends AwsFargateTaskArgs {
  /** `targets` of the load balancer: target type `ip`, 5 at most, as ECS takes no more. */
  readonly targets: Input<readonly AwsTarget[]>;
  /** `targetSecurityGroupId` of the load balancer. */
  readonly targetSecurityGroupId: Input<string>;
  /** The ports that the container listens on: the same list that the load balancer got. */
  readonly ports: readonly PortArgs[];
  /** Seconds before a failing health check ends a new task. Left out: 60. */
  readonly healthCheckGraceSeconds?: number;
}

/** The arguments after validation, with every default filled in. */
export interface CheckedFargateRelay extends CheckedFargateTask {
  readonly ports: readonly Port[];
}

/** @throws InputPropertyError naming the property; for several InputPropertiesError. */
export function checkFargateRelayArgs(args: AwsFargateRelayArgs): CheckedFargateRelay {
  const { targets } = args;
  const [ports, , task] = together(
    () => resolvePorts(args.ports),
    () => isPlain(targets) && checkTargets(targets),
    () => checkFargateTaskArgs(args),
  );
  return { ...task, ports };
}

/** @throws InputPropertyError for more target groups than ECS takes. */
export function checkTargets(targets: readonly AwsTarget[]): readonly AwsTarget[] {
  const { targetGroupsPerService: most } = AWS_LIMITS;
  if (targets.length === 0 || targets.length > most) {
    invalid(
      "targets",
      `are ${targets.length} target groups, and an ECS service takes 1 to ${most}: use fewer ports, or put a director behind one`,
    );
  }
  return targets;
}
