import {
  ComponentResource,
  type ComponentResourceOptions,
  type Output,
  output,
} from "@pulumi/pulumi";
import { checkedLater } from "../endpoint/invalid.ts";
import {
  type AwsFargateRelayArgs,
  checkFargateRelayArgs,
  checkTargets,
} from "./fargate-relay-args.ts";
import { fargateService } from "./fargate-task.ts";

const CONTAINER = "relay";

/**
 * A workload as tasks on Fargate behind an `AwsUdpLoadBalancer`: ECS registers them in its target
 * groups and replaces those that fail its health check. A deployment that does not come up is
 * rolled back.
 *
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/nlb.html
 */
export class AwsFargateRelay extends ComponentResource {
  /** Name of the ECS service. */
  readonly serviceName: Output<string>;
  /** Name of the log group of the tasks. */
  readonly logGroupName: Output<string>;
  /** Role of the workload itself, which has no rights yet. */
  readonly taskRoleName: Output<string>;

  /**
   * @param name Unique among the program's components; children are named `<name>-service`,
   * `<name>-task` and so on.
   * @throws InputPropertyError naming the property, before anything is registered.
   */
  constructor(name: string, args: AwsFargateRelayArgs, opts?: ComponentResourceOptions) {
    const checked = checkFargateRelayArgs(args);
    super("pulumi-udp:aws:AwsFargateRelay", name, {}, opts);

    const targets = output(args.targets).apply((list) =>
      checkedLater(this, () => checkTargets(list)),
    );
    const { service, logs, taskRole } = fargateService(this, name, {
      args,
      checked,
      container: { name: CONTAINER, ports: checked.ports },
      wiring: {
        securityGroupId: args.targetSecurityGroupId,
        loadBalancers: targets.apply((list) =>
          list.map(({ targetGroupArn, targetPort }) => ({
            targetGroupArn,
            containerName: CONTAINER,
            containerPort: targetPort,
          })),
        ),
        healthCheckGracePeriodSeconds: args.healthCheckGraceSeconds ?? 60,
      },
    });
    this.serviceName = service.name;
    this.logGroupName = logs.name;
    this.taskRoleName = taskRole.name;
    this.registerOutputs({
      serviceName: this.serviceName,
      logGroupName: this.logGroupName,
      taskRoleName: this.taskRoleName,
    });
  }
}
