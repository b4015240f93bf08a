import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import { Cluster } from "@pulumi/aws/ecs/cluster.js";
import { Service, type ServiceArgs } from "@pulumi/aws/ecs/service.js";
import { TaskDefinition } from "@pulumi/aws/ecs/taskDefinition.js";
import { getRegionOutput } from "@pulumi/aws/getRegion.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import {
  type ComponentResource,
  type Input,
  jsonStringify,
  type Output,
  output,
} from "@pulumi/pulumi";
import type { Protocol } from "../endpoint/index.ts";
import { sortedByKey } from "../endpoint/plain.ts";
import type { AwsFargateTaskArgs, CheckedFargateTask } from "./fargate-task-args.ts";
import { Architecture } from "./instance-relay-args.ts";
import { tagged } from "./names.ts";
import { allowing, assumedBy } from "./policies.ts";

/** First version of Fargate that carries UDP. */
const PLATFORM_VERSION = "1.4.0";

/** The one container of a task. */
export interface FargateContainer {
  /** Name of the container and of its streams in the log. */
  readonly name: string;
  /** What it listens on. */
  readonly ports: readonly { readonly targetPort: number; readonly protocol: Protocol }[];
  /** Program and arguments that ECS runs in it, and that exit with 0 while it works. */
  readonly healthCommand?: readonly Input<string>[] | undefined;
}

/** How clients get to the tasks: what an ECS service says of that. */
export type FargateWiring = Pick<
  ServiceArgs,
  "healthCheckGracePeriodSeconds" | "loadBalancers" | "serviceRegistries"
> & {
  /** The one group of the tasks. */
  readonly securityGroupId: Input<string>;
};

/** What a component on Fargate is made of. */
export interface FargateParts {
  readonly args: AwsFargateTaskArgs;
  readonly checked: CheckedFargateTask;
  readonly container: FargateContainer;
  readonly wiring: FargateWiring;
}

/** What was made of it, as far as others need it. */
export interface FargateService {
  readonly service: Service;
  readonly logs: LogGroup;
  readonly taskRole: Role;
}

/**
 * Children of a component that runs a workload as an ECS service on Fargate: log, roles, task
 * definition, cluster unless given, service. ECS may start the tasks and nothing besides; the
 * workload has no rights. A deployment that does not come up is rolled back.
 *
 * @param name The component's, with which the children's begin.
 */
export function fargateService(
  parent: ComponentResource,
  name: string,
  { args, checked, container, wiring: { securityGroupId, ...wiring } }: FargateParts,
): FargateService {
  const tags = tagged(name, args.tags);
  const logs = new LogGroup(
    `${name}-logs`,
    { retentionInDays: args.logRetentionDays ?? 30, tags },
    { parent },
  );
  const assumeRolePolicy = assumedBy("ecs-tasks.amazonaws.com");
  const execution = new Role(`${name}-execution`, { assumeRolePolicy, tags }, { parent });
  const rights = new RolePolicy(
    `${name}-execution-rights`,
    { role: execution.name, policy: executionPolicy(args, logs) },
    { parent },
  );
  const volumes = volumesOf(args);
  const taskRole = new Role(`${name}-workload`, { assumeRolePolicy, tags }, { parent });
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
      containerDefinitions: containers(parent, args, container, logs),
      ...(volumes.length === 0 ? {} : { volumes: volumes.map(({ name }) => ({ name })) }),
      tags,
    },
    { parent },
  );
  const cluster = args.clusterArn ?? new Cluster(`${name}-cluster`, { tags }, { parent }).arn;
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
        securityGroups: [securityGroupId],
        assignPublicIp: args.assignPublicIp ?? false,
      },
      ...wiring,
      deploymentMinimumHealthyPercent: 100,
      deploymentMaximumPercent: 200,
      deploymentCircuitBreaker: { enable: true, rollback: true },
      enableEcsManagedTags: true,
      propagateTags: "SERVICE",
      tags,
    },
    // Tasks that may not read their image or secrets would fail, and the service with them.
    { parent, dependsOn: [rights] },
  );
  return { service, logs, taskRole };
}

/** ECS's defaults, and a minute in which a new task may still fail. Seconds, and checks in a row. */
const HEALTH_CHECK = { interval: 30, timeout: 5, retries: 3, startPeriod: 60 };

function containers(
  parent: ComponentResource,
  args: AwsFargateTaskArgs,
  { name: container, ports, healthCommand }: FargateContainer,
  logs: LogGroup,
): Output<string> {
  const listed = (map: AwsFargateTaskArgs["environment"], key: string) =>
    Object.entries(sortedByKey(map ?? {})).map(([name, value]) => ({ name, [key]: value }));
  const mountPoints = volumesOf(args).map(({ name, containerPath }) => ({
    sourceVolume: name,
    containerPath,
  }));
  return jsonStringify([
    {
      name: container,
      image: args.image,
      essential: true,
      readonlyRootFilesystem: true,
      ...(args.command === undefined ? {} : { command: [...args.command] }),
      ...(mountPoints.length === 0 ? {} : { mountPoints }),
      ...(healthCommand === undefined
        ? {}
        : { healthCheck: { ...HEALTH_CHECK, command: ["CMD", ...healthCommand] } }),
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
          "awslogs-region": getRegionOutput({}, { parent }).region,
          "awslogs-stream-prefix": container,
        },
      },
    },
  ]);
}

/** The task's own storage, a volume for each folder: Fargate has no tmpfs. */
function volumesOf({ writablePaths = [] }: AwsFargateTaskArgs) {
  return writablePaths.map((containerPath) => ({
    name: containerPath.slice(1).replaceAll(/[^A-Za-z0-9_-]/g, "-"),
    containerPath,
  }));
}

/** What ECS needs to start a task, and nothing besides. */
function executionPolicy(args: AwsFargateTaskArgs, logs: LogGroup): Output<string> {
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
