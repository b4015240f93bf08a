import type { Input } from "@pulumi/pulumi";
import { type Port, type PortArgs, resolvePorts } from "../endpoint/index.ts";
import { each, invalid, together } from "../endpoint/invalid.ts";
import { isPlain } from "../endpoint/plain.ts";
import { oneOf, whole } from "../endpoint/values.ts";
import { Architecture } from "./instance-relay-args.ts";
import { AWS_LIMITS } from "./limits.ts";
import type { AwsTarget } from "./load-balancer.ts";

/** Tasks on Fargate behind an `AwsUdpLoadBalancer`. */
export interface AwsFargateRelayArgs {
  /** `targets` of the load balancer: target type `ip`, 5 at most, as ECS takes no more. */
  readonly targets: Input<readonly AwsTarget[]>;
  /** `targetSecurityGroupId` of the load balancer. */
  readonly targetSecurityGroupId: Input<string>;
  /** Subnets of the tasks, in the zones of the load balancer's. */
  readonly subnetIds: Input<readonly Input<string>[]>;
  /**
   * Give tasks public addresses. Needed in public subnets; in private ones NAT or endpoints have
   * to reach the image repository and the log. Left out: false.
   */
  readonly assignPublicIp?: boolean;
  /** The ports that the container listens on: the same list that the load balancer got. */
  readonly ports: readonly PortArgs[];
  /** Image with tag or digest. */
  readonly image: Input<string>;
  /** Repository of the image in ECR, which tasks then may read from. Left out: a public image. */
  readonly repositoryArn?: Input<string>;
  /** Arguments in place of those of the image. */
  readonly command?: readonly Input<string>[];
  /** Environment variables. No secrets: everybody who may describe the task reads them. */
  readonly environment?: Readonly<Record<string, Input<string>>>;
  /**
   * Secrets by environment variable: identifiers in Secrets Manager or of parameters in Systems
   * Manager. Only ECS reads them, when it starts a task.
   */
  readonly secrets?: Readonly<Record<string, Input<string>>>;
  /** An existing ECS cluster. Left out: the component makes one. */
  readonly clusterArn?: Input<string>;
  /** Tasks that should run, 0 to 100. Left out: 2. */
  readonly desiredCount?: number;
  /** CPU units, 1024 a core: 256, 512, 1024, 2048, 4096, 8192 or 16384. Left out: 256. */
  readonly cpu?: number;
  /** Mebibytes of memory, in what Fargate has for that many CPU units. Left out: twice `cpu`. */
  readonly memory?: number;
  /** Left out: `x86_64`. */
  readonly architecture?: Architecture;
  /** Seconds before a failing health check ends a new task. Left out: 60. */
  readonly healthCheckGraceSeconds?: number;
  /** Days that logs are kept, as CloudWatch has them: 1, 3, 5, 7, 14, 30, 60, 90 and so on. Left out: 30. */
  readonly logRetentionDays?: number;
  /** AWS tags of everything. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** The arguments after validation, with every default filled in. */
export interface CheckedFargateRelay {
  readonly ports: readonly Port[];
  readonly desiredCount: number;
  readonly cpu: number;
  readonly memory: number;
  readonly architecture: Architecture;
}

/**
 * Memory that Fargate has for each size of CPU: least, most and step. Mebibytes.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
 */
const SIZES: Readonly<Record<number, readonly [min: number, max: number, step: number]>> = {
  256: [512, 2048, 512],
  512: [1024, 4096, 1024],
  1024: [2048, 8192, 1024],
  2048: [4096, 16_384, 1024],
  4096: [8192, 30_720, 1024],
  8192: [16_384, 61_440, 4096],
  16384: [32_768, 122_880, 8192],
};

/** @throws InputPropertyError naming the property; for several InputPropertiesError. */
export function checkFargateRelayArgs(args: AwsFargateRelayArgs): CheckedFargateRelay {
  const { targets, desiredCount = 2, cpu = 256, architecture = Architecture.X86_64 } = args;
  const { environment = {}, secrets = {}, memory = cpu * 2 } = args;
  const [ports] = together(
    () => resolvePorts(args.ports),
    () => isPlain(targets) && checkTargets(targets),
    () => whole("desiredCount", desiredCount, { min: 0, max: 100 }),
    () => checkSize(cpu, memory),
    () => oneOf("architecture", architecture, Architecture),
    () =>
      each(Object.keys(secrets), (variable) => {
        if (Object.hasOwn(environment, variable)) {
          invalid(`secrets["${variable}"]`, "is in environment too: leave it out there");
        }
      }),
  );
  return { ports, desiredCount, cpu, memory, architecture };
}

function checkSize(cpu: number, memory: number): void {
  const size = SIZES[cpu];
  if (size === undefined) {
    invalid("cpu", `${cpu} is no size of Fargate's: ${Object.keys(SIZES).join(", ")}`);
  }
  const [min, max, step] = size;
  // A quarter of a core has 512, 1024 and 2048 only.
  const fits =
    memory >= min && memory <= max && memory % step === 0 && !(cpu === 256 && memory === 1536);
  if (!fits) {
    invalid(
      "memory",
      `${memory} is not what Fargate has for ${cpu} CPU units: ${min} to ${max} in steps of ${step}`,
    );
  }
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
