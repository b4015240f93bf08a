import type { Input } from "@pulumi/pulumi";
import { DNS_LABEL } from "../endpoint/host-name.ts";
import { invalid, together } from "../endpoint/invalid.ts";
import { type AwsBackendPortArgs, checkBackendPorts } from "./backend-ports.ts";
import {
  type AwsFargateTaskArgs,
  type CheckedFargateTask,
  checkFargateTaskArgs,
} from "./fargate-task-args.ts";
import type { AwsNamespace } from "./private-namespace-args.ts";

/** Tasks on Fargate that are found by name inside a VPC. */
export interface AwsFargateBackendArgs extends AwsFargateTaskArgs {
  /** `namespace` of an `AwsPrivateNamespace`. */
  readonly namespace: Input<AwsNamespace>;
  /** First label of its name there: lower case, digits, hyphens. Left out: the component's name. */
  readonly hostname?: string;
  /** `securityGroupId` of an `AwsBackendAccess`, which lets clients in. */
  readonly securityGroupId: Input<string>;
  /** The ports that the container listens on. */
  readonly ports: readonly AwsBackendPortArgs[];
  /**
   * Program and arguments that ECS runs in the container every 30 seconds, such as
   * `["wget", "-q", "--spider", "http://127.0.0.1:8080/"]`. After three failures, not counting the
   * first minute, the task is replaced. Left out: a task works as long as it runs.
   */
  readonly healthCommand?: readonly Input<string>[];
}

/** @throws InputPropertyError naming the property; for several InputPropertiesError. */
export function checkFargateBackendArgs(
  args: Pick<AwsFargateBackendArgs, "ports" | "healthCommand"> &
    Parameters<typeof checkFargateTaskArgs>[0] & { readonly hostname: string },
): CheckedFargateTask {
  const [task] = together(
    () => checkFargateTaskArgs(args),
    () => {
      if (!DNS_LABEL.test(args.hostname)) {
        invalid("hostname", `"${args.hostname}" is not one label of a name: give a-z, 0-9 and -`);
      }
    },
    () => checkBackendPorts(args.ports),
    () => {
      if (args.healthCommand?.length === 0) {
        invalid("healthCommand", "is empty: give a program, or leave it out");
      }
    },
  );
  return task;
}
