import type { Properties } from "../../../components/provider/index.ts";
import { delay } from "../../cloud/delay.ts";
import { listOf, mapOf, textOf } from "../../cloud/paths.ts";
import type { Rule } from "../../cloud/rule.ts";
import type { World } from "../../cloud/world.ts";
import { forceNew } from "../bridged.ts";
import { CLOUD } from "./names.ts";
import { all, byId, eachOf, T, usersOf } from "./objects.ts";

const NLB = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/nlb.html";

const groupsOf = (inputs: Properties): string[] => eachOf(inputs.loadBalancers, "targetGroupArn");

export const groupHasListener: Rule = {
  id: "aws-ecs-target-group-listener",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "A service takes target groups that a listener forwards to already.",
  source: "aws/aws-cdk#1139; CreateService InvalidParameterException",
  broken: ({ inputs, world }) => {
    const served = all(world, T.listener).flatMap(({ uses = [] }) => uses);
    const lost = groupsOf(inputs).find(
      (arn) => byId(world, T.targetGroup, arn) !== undefined && !served.includes(arn),
    );
    return lost && noLoadBalancer(lost);
  },
};

/** propagationTimeout and serviceCreateTimeout, 2 minutes each. */
const CREATE_SERVICE_RETRY = 240;

export const listenerSpreads = delay({
  id: "aws-ecs-listener-spreads",
  late: "aws-listener",
  basis: "read",
  stage: "write",
  patience: CREATE_SERVICE_RETRY,
  says: "ECS learns of a listener a while after it was made; the provider asks again for 4 minutes.",
  source:
    "hashicorp/terraform-provider-aws internal/service/ecs/service.go serviceCreateWithRetry (propagationTimeout, serviceCreateTimeout)",
  needs: ({ inputs, world }) => {
    const groups = groupsOf(inputs);
    return all(world, T.listener).filter(({ uses = [] }) =>
      uses.some((used) => groups.includes(used)),
    );
  },
  answer: ({ inputs }) => noLoadBalancer(groupsOf(inputs)[0] ?? ""),
});

const noLoadBalancer = (arn: string): string =>
  `InvalidParameterException: The target group with targetGroupArn ${arn} does not have an associated load balancer.`;

export const groupCount: Rule = {
  id: "aws-ecs-target-groups",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "A service has 5 target groups at most.",
  source:
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/register-multiple-targetgroups.html",
  broken: ({ inputs }) =>
    groupsOf(inputs).length > 5
      ? "InvalidParameterException: load balancers can have at most 5 items."
      : undefined,
};

export const groupTakesIps: Rule = {
  id: "aws-ecs-target-type",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "Tasks with addresses of their own are registered in target groups of type ip.",
  source: `${NLB} awsvpc`,
  broken: ({ inputs, world }) => {
    const wrong = groupsOf(inputs).find((arn) => {
      const group = byId(world, T.targetGroup, arn);
      return group !== undefined && group.inputs.targetType !== "ip";
    });
    return (
      wrong &&
      `InvalidParameterException: The provided target group ${wrong} has target type instance, which is incompatible with the awsvpc network mode`
    );
  },
};

export const platformCarriesUdp: Rule = {
  id: "aws-fargate-udp-platform",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "Fargate carries UDP from platform version 1.4.0 on.",
  source: "aws/containers-roadmap#445",
  broken: ({ inputs, world }) => {
    const udp = groupsOf(inputs).some((arn) =>
      String(byId(world, T.targetGroup, arn)?.inputs.protocol).includes("UDP"),
    );
    return udp && /^1\.[0-3]\./.test(String(inputs.platformVersion))
      ? "InvalidParameterException: UDP target groups need platform version 1.4.0 or later"
      : undefined;
  },
};

interface Container {
  readonly name?: string;
  readonly portMappings?: readonly {
    readonly containerPort?: number;
    readonly protocol?: string;
  }[];
}

/** The containers of a task definition of this world. */
function containersOf(world: World, inputs: Properties): readonly Container[] | undefined {
  const text = textOf(
    byId(world, T.taskDefinition, inputs.taskDefinition)?.inputs.containerDefinitions,
  );
  return text === undefined ? undefined : (JSON.parse(text) as Container[]);
}

export const containerPort: Rule = {
  id: "aws-ecs-container-port",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "A service's load balancer names a container of the task definition and one of its ports.",
  source:
    "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LoadBalancer.html containerPort",
  broken: ({ inputs, world }) => {
    const containers = containersOf(world, inputs);
    const lost = listOf(inputs.loadBalancers)
      .map(mapOf)
      .find(
        ({ containerName, containerPort: port }) =>
          containers?.some(
            ({ name, portMappings = [] }) =>
              name === containerName && portMappings.some((one) => one.containerPort === port),
          ) === false,
      );
    return (
      lost &&
      `InvalidParameterException: The container ${lost.containerName} did not have a container port ${lost.containerPort} defined.`
    );
  },
};

export const graceNeedsBalancer: Rule = {
  id: "aws-ecs-grace-period",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "A service without a load balancer has no grace period of health checks.",
  source: "hashicorp/terraform-provider-aws#31104",
  broken: ({ inputs }) =>
    inputs.healthCheckGracePeriodSeconds !== undefined && listOf(inputs.loadBalancers).length === 0
      ? "InvalidParameterException: Health check grace period is only valid for services configured to use load balancers"
      : undefined,
};

/** Rules of security groups that let the health check of a target group in. */
function letsIn(world: World, groups: readonly string[], port: number): boolean {
  return all(world, T.ingressRule).some(({ inputs }) => {
    const { securityGroupId, ipProtocol, fromPort, toPort } = inputs;
    const covers = Number(fromPort) <= port && port <= Number(toPort);
    return (
      groups.includes(String(securityGroupId)) &&
      (ipProtocol === "-1" || (ipProtocol === "tcp" && covers))
    );
  });
}

export const healthCheckReaches: Rule = {
  id: "aws-health-check-let-in",
  basis: "read",
  stage: "write",
  severity: "warn",
  says: "Tasks whose security groups do not let the health check's port in fail it, and are replaced again and again.",
  source: `${NLB}; load-balancer-target-groups.html#client-ip-preservation`,
  broken: ({ inputs, world }) => {
    const groups = listOf(mapOf(inputs.networkConfiguration).securityGroups).map(String);
    const known = groups.every((id) => byId(world, T.securityGroup, id) !== undefined);
    const lost = groupsOf(inputs)
      .map((arn) => Number(mapOf(byId(world, T.targetGroup, arn)?.inputs.healthCheck).port))
      .find((port) => Number.isInteger(port) && !letsIn(world, groups, port));
    return known && groups.length > 0 && lost !== undefined
      ? `the tasks' security groups let nothing in to TCP ${lost}, which the health check asks: tasks will be replaced again and again`
      : undefined;
  },
};

export const taskSizes: Rule = {
  id: "aws-fargate-sizes",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "Fargate has memory for CPU in fixed combinations.",
  source:
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size",
  broken: ({ inputs }) => {
    const least: Readonly<Record<string, number>> = {
      256: 512,
      512: 1024,
      1024: 2048,
      2048: 4096,
      4096: 8192,
    };
    const most: Readonly<Record<string, number>> = {
      256: 2048,
      512: 4096,
      1024: 8192,
      2048: 16_384,
      4096: 30_720,
    };
    const cpu = String(inputs.cpu);
    const memory = Number(inputs.memory);
    const fargate = listOf(inputs.requiresCompatibilities).includes("FARGATE");
    const fits = memory >= (least[cpu] ?? 0) && memory <= (most[cpu] ?? Number.POSITIVE_INFINITY);
    return fargate && !fits
      ? "ClientException: No Fargate configuration exists for given values."
      : undefined;
  },
};

export const entityExists: Rule = {
  id: "aws-entity-exists",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "A role, instance profile, log group or service with a name that is taken is not made.",
  source:
    "https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html EntityAlreadyExists; API_CreateLogGroup: unique within a Region; ECS API_CreateService serviceName: unique within a cluster",
  broken: ({ world, id, exists }) =>
    !exists && world.objects.some((other) => other.cloud === CLOUD && other.id === id)
      ? `EntityAlreadyExists: ${id} already exists.`
      : undefined,
};

/** propagationTimeout of EC2 and of IAM. */
const PROPAGATION = 120;

export const profileSpreads = delay({
  id: "aws-instance-profile-spreads",
  late: "aws-iam",
  basis: "read",
  stage: "write",
  patience: PROPAGATION,
  says: "EC2 learns of an instance profile some 10 seconds after it was made; the provider asks again for 2 minutes.",
  source:
    "hashicorp/terraform-provider-aws internal/service/ec2/ec2_instance.go resourceInstanceCreate (propagationTimeout)",
  needs: ({ inputs, world }) =>
    all(world, T.instanceProfile).filter(({ id }) => id === inputs.iamInstanceProfile),
  answer: ({ inputs }) =>
    `InvalidParameterValue: Value (${inputs.iamInstanceProfile}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name`,
});

export const roleSpreads = delay({
  id: "aws-role-spreads",
  late: "aws-iam",
  basis: "read",
  stage: "write",
  patience: PROPAGATION,
  says: "An instance profile takes a new role after a while only; the provider asks again for 2 minutes.",
  source:
    "hashicorp/terraform-provider-aws internal/service/iam/instance_profile.go instanceProfileAddRole (propagationTimeout)",
  needs: ({ inputs, world }) => all(world, T.role).filter(({ id }) => id === inputs.role),
  answer: ({ inputs }) => `NoSuchEntity: The role with name ${inputs.role} cannot be found.`,
});

export const roleInUse: Rule = {
  id: "aws-role-in-use",
  basis: "read",
  stage: "delete",
  severity: "refuse",
  says: "A role with policies or in an instance profile cannot be deleted.",
  source: "https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html DeleteConflict",
  broken: (subject) =>
    usersOf(subject).length > 0
      ? "DeleteConflict: Cannot delete entity, must detach all policies first."
      : undefined,
};

export const repositoryTaken: Rule = {
  id: "aws-ecr-name-taken",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "Two repositories of a region cannot have one name.",
  source:
    "https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html RepositoryAlreadyExistsException",
  broken: ({ inputs, world, exists }) =>
    !exists && all(world, T.repository).some((other) => other.inputs.name === inputs.name)
      ? `RepositoryAlreadyExistsException: The repository with name '${inputs.name}' already exists`
      : undefined,
};

const immutable = forceNew("hashicorp/terraform-provider-aws internal/service", "recalled");

export const nameImmutable = immutable(
  "aws-name-immutable",
  "A change of name replaces a role, log group, cluster, repository or instance profile.",
  ["name"],
  "iam/role.go, logs/group.go, ecs/cluster.go, ecr/repository.go",
);
export const taskImmutable = immutable(
  "aws-task-definition-immutable",
  "Any change but of tags makes a new revision of a task definition.",
  [
    "containerDefinitions",
    "cpu",
    "executionRoleArn",
    "family",
    "memory",
    "networkMode",
    "requiresCompatibilities",
    "runtimePlatform",
    "taskRoleArn",
    "volumes",
  ],
  "ecs/task_definition.go",
);
export const serviceImmutable = immutable(
  "aws-ecs-service-immutable",
  "A change of name, cluster or launch type replaces a service.",
  ["cluster", "launchType", "name"],
  "ecs/service.go",
  "read",
);
export const attachmentImmutable = immutable(
  "aws-role-attachment-immutable",
  "A change of role or policy replaces what binds them.",
  ["policyArn", "role"],
  "iam/role_policy_attachment.go",
  "read",
);
export const rolePolicyImmutable = immutable(
  "aws-role-policy-immutable",
  "A change of role or name replaces an inline policy.",
  ["name", "namePrefix", "role"],
  "iam/role_policy.go",
  "read",
);
export const lifecycleImmutable = immutable(
  "aws-ecr-lifecycle-immutable",
  "A change of repository or policy replaces a lifecycle policy.",
  ["policy", "repository"],
  "ecr/lifecycle_policy.go",
  "read",
);
