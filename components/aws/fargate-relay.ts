import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import { Cluster } from "@pulumi/aws/ecs/cluster.js";
import { Service } from "@pulumi/aws/ecs/service.js";
import { TaskDefinition } from "@pulumi/aws/ecs/taskDefinition.js";
import { getRegionOutput } from "@pulumi/aws/getRegion.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  jsonStringify,
  type Output,
  output,
} from "@pulumi/pulumi";
import { checkedLater } from "../endpoint/invalid.ts";
import { sortedByKey } from "../endpoint/plain.ts";
import {
  type AwsFargateRelayArgs,
  type CheckedFargateRelay,
  checkFargateRelayArgs,
  checkTargets,
} from "./fargate-relay-args.ts";
import { Architecture } from "./instance-relay-args.ts";
import { tagged } from "./names.ts";
import { allowing, assumedBy } from "./policies.ts";

const CONTAINER = "relay";
/** First version of Fargate that carries UDP. */
const PLATFORM_VERSION = "1.4.0";

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

    const tags = tagged(name, args.tags);
    const logs = new LogGroup(
      `${name}-logs`,
      { retentionInDays: args.logRetentionDays ?? 30, tags },
      { parent: this },
    );
    const assumeRolePolicy = assumedBy("ecs-tasks.amazonaws.com");
    const execution = new Role(`${name}-execution`, { assumeRolePolicy, tags }, { parent: this });
    const rights = new RolePolicy(
      `${name}-execution-rights`,
      { role: execution.name, policy: executionPolicy(args, logs) },
      { parent: this },
    );
    const taskRole = new Role(`${name}-workload`, { assumeRolePolicy, tags }, { parent: this });
    const task = new TaskDefinition(
      `${name}-task`,
      {
        family: name,
        requiresCompatibilities: ["FARGATE"],
        networkMode: "awsvpc",
        cpu: String(checked.cpu),
        memory: String(checked.memory),
        runtimePlatform: {
          operatingSystemFamily: "LINUX",
          cpuArchitecture: checked.architecture === Architecture.Arm64 ? "ARM64" : "X86_64",
        },
        executionRoleArn: execution.arn,
        taskRoleArn: taskRole.arn,
        containerDefinitions: this.#containers(args, checked, logs),
        tags,
      },
      { parent: this },
    );
    const cluster =
      args.clusterArn ?? new Cluster(`${name}-cluster`, { tags }, { parent: this }).arn;
    const targets = output(args.targets).apply((list) =>
      checkedLater(this, () => checkTargets(list)),
    );
    const service = new Service(
      `${name}-service`,
      {
        cluster,
        taskDefinition: task.arn,
        desiredCount: checked.desiredCount,
        launchType: "FARGATE",
        platformVersion: PLATFORM_VERSION,
        networkConfiguration: {
          subnets: output(args.subnetIds) as Output<string[]>,
          securityGroups: [args.targetSecurityGroupId],
          assignPublicIp: args.assignPublicIp ?? false,
        },
        loadBalancers: targets.apply((list) =>
          list.map(({ targetGroupArn, targetPort }) => ({
            targetGroupArn,
            containerName: CONTAINER,
            containerPort: targetPort,
          })),
        ),
        healthCheckGracePeriodSeconds: args.healthCheckGraceSeconds ?? 60,
        deploymentMinimumHealthyPercent: 100,
        deploymentMaximumPercent: 200,
        deploymentCircuitBreaker: { enable: true, rollback: true },
        enableEcsManagedTags: true,
        propagateTags: "SERVICE",
        tags,
      },
      // Tasks that may not read their image or secrets would fail, and the service with them.
      { parent: this, dependsOn: [rights] },
    );
    this.serviceName = service.name;
    this.logGroupName = logs.name;
    this.taskRoleName = taskRole.name;
    this.registerOutputs({
      serviceName: this.serviceName,
      logGroupName: this.logGroupName,
      taskRoleName: this.taskRoleName,
    });
  }

  #containers(args: AwsFargateRelayArgs, { ports }: CheckedFargateRelay, logs: LogGroup) {
    const listed = (map: AwsFargateRelayArgs["environment"], key: string) =>
      Object.entries(sortedByKey(map ?? {})).map(([name, value]) => ({ name, [key]: value }));
    return jsonStringify([
      {
        name: CONTAINER,
        image: args.image,
        essential: true,
        readonlyRootFilesystem: true,
        ...(args.command === undefined ? {} : { command: [...args.command] }),
        portMappings: ports.map(({ targetPort, protocol }) => ({
          containerPort: targetPort,
          hostPort: targetPort,
          protocol: protocol.toLowerCase(),
        })),
        environment: listed(args.environment, "value"),
        secrets: listed(args.secrets, "valueFrom"),
        logConfiguration: {
          logDriver: "awslogs",
          options: {
            "awslogs-group": logs.name,
            "awslogs-region": getRegionOutput({}, { parent: this }).region,
            "awslogs-stream-prefix": CONTAINER,
          },
        },
      },
    ]);
  }
}

/** What ECS needs to start a task, and nothing besides. */
function executionPolicy(args: AwsFargateRelayArgs, logs: LogGroup): Output<string> {
  const { repositoryArn } = args;
  const secrets = Object.values(sortedByKey(args.secrets ?? {}));
  return allowing([
    {
      actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
      resources: [logs.arn.apply((arn) => `${arn}:*`)],
    },
    // AWS has this right for all repositories only.
    { actions: ["ecr:GetAuthorizationToken"], resources: repositoryArn === undefined ? [] : ["*"] },
    {
      actions: [
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetDownloadUrlForLayer",
      ],
      resources: repositoryArn === undefined ? [] : [repositoryArn],
    },
    {
      actions: ["secretsmanager:GetSecretValue", "ssm:GetParameters"],
      resources: secrets,
    },
  ]);
}
