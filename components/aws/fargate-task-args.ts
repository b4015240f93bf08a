import type { Input } from "@pulumi/pulumi";
import { each, invalid, together } from "../endpoint/invalid.ts";
import { oneOf, whole } from "../endpoint/values.ts";
import { Architecture } from "./instance-relay-args.ts";

/** What all tasks on Fargate take, whoever leads clients to them. */
export interface AwsFargateTaskArgs {
  /** Subnets of the tasks. */
  readonly subnetIds: Input<readonly Input<string>[]>;
  /**
   * Give tasks public addresses. Needed in public subnets; in private ones NAT or endpoints have
   * to reach the image repository and the log. Left out: false.
   */
  readonly assignPublicIp?: boolean;
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
  /**
   * Folders that the workload may write to, such as `/tmp`, for as long as the task lives: the rest
   * of its file system is read-only. They belong to root, unless the image declares them as
   * volumes. Left out: none.
   */
  readonly writablePaths?: readonly string[];
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
  /** Days that logs are kept, as CloudWatch has them: 1, 3, 5, 7, 14, 30, 60, 90 and so on. Left out: 30. */
  readonly logRetentionDays?: number;
  /** AWS tags of everything. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** What of the arguments is plain, after validation, with every default filled in. */
export interface CheckedFargateTask {
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
export function checkFargateTaskArgs(
  args: Omit<AwsFargateTaskArgs, "subnetIds" | "image">,
): CheckedFargateTask {
  const { desiredCount = 2, cpu = 256, architecture = Architecture.X86_64 } = args;
  const { environment = {}, secrets = {}, memory = cpu * 2 } = args;
  together(
    () => whole("desiredCount", desiredCount, { min: 0, max: 100 }),
    () => checkSize(cpu, memory),
    () => oneOf("architecture", architecture, Architecture),
    () =>
      each(Object.keys(secrets), (variable) => {
        if (Object.hasOwn(environment, variable)) {
          invalid(`secrets["${variable}"]`, "is in environment too: leave it out there");
        }
      }),
    () => checkFolders(args.writablePaths ?? []),
  );
  return { desiredCount, cpu, memory, architecture };
}

function checkFolders(paths: readonly string[]): void {
  each(paths, (path, index) => {
    if (!/^(\/[A-Za-z0-9._-]+)+$/.test(path)) {
      invalid(`writablePaths[${index}]`, `"${path}" is no folder: give one such as /tmp`);
    }
    if (paths.indexOf(path) < index) {
      invalid(`writablePaths[${index}]`, `"${path}" is there twice`);
    }
  });
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
