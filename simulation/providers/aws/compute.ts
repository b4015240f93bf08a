import type { Properties } from "../../../components/provider/index.ts";
import { hex } from "../../cloud/identifiers.ts";
import { mapOf, textOf } from "../../cloud/paths.ts";
import type { BridgedResource } from "../bridged.ts";
import * as rules from "./container-rules.ts";
import { ACCOUNT, arn, ec2Id, globalArn, resource } from "./names.ts";
import { instanceImmutable, inUse } from "./network-rules.ts";
import { eachOf, T, texts } from "./objects.ts";
import { groupsPerInterface } from "./quotas.ts";

const listed = (value: Properties[string] | undefined): string[] =>
  texts(...(Array.isArray(value) ? value : []));

/** Instances, tasks and what they need. */
export const compute: readonly BridgedResource[] = [
  resource({
    type: T.instance,
    file: "ec2/instance",
    rules: [groupsPerInterface, rules.profileSpreads, inUse],
    immutable: instanceImmutable,
    replaces: (news) => (news.userDataReplaceOnChange === true ? ["userData"] : []),
    id: (_inputs, _scope, world) => ec2Id("i", world),
    computed: [
      "arn",
      "instanceState",
      "primaryNetworkInterfaceId",
      "privateDns",
      "privateIp",
      "publicDns",
      "publicIp",
    ],
    outputs: ({ id, scope }) => ({
      arn: arn("ec2", scope, `instance/${id}`),
      instanceState: "running",
      privateIp: `10.0.1.${(Number.parseInt(hex(2, id), 16) % 250) + 4}`,
    }),
    uses: ({ subnetId, vpcSecurityGroupIds }) => [
      ...texts(subnetId),
      ...listed(vpcSecurityGroupIds),
    ],
  }),
  resource({
    type: T.cluster,
    file: "ecs/cluster",
    rules: [inUse],
    immutable: rules.nameImmutable,
    maxName: 255,
    id: ({ name }, scope) => arn("ecs", scope, `cluster/${name}`),
    computed: ["arn"],
    outputs: ({ id }) => ({ arn: id }),
  }),
  resource({
    type: T.taskDefinition,
    file: "ecs/taskDefinition",
    rules: [rules.taskSizes],
    immutable: rules.taskImmutable,
    id: ({ family }, scope, world) =>
      arn("ecs", scope, `task-definition/${family}:${world.serial + 1}`),
    computed: ["arn", "arnWithoutRevision", "revision"],
    outputs: ({ id }) => ({ arn: id, revision: Number(id.split(":").at(-1)) }),
  }),
  resource({
    type: T.service,
    file: "ecs/service",
    rules: [
      rules.entityExists,
      groupsPerInterface,
      rules.groupCount,
      rules.groupHasListener,
      rules.listenerSpreads,
      rules.groupTakesIps,
      rules.platformCarriesUdp,
      rules.containerPort,
      rules.graceNeedsBalancer,
      rules.healthCheckReaches,
    ],
    immutable: rules.serviceImmutable,
    maxName: 255,
    id: ({ name, cluster }, scope) =>
      arn("ecs", scope, `service/${String(cluster).split("/").at(-1)}/${name}`),
    computed: ["arn"],
    outputs: ({ id }) => ({ arn: id }),
    uses: ({ cluster, loadBalancers, networkConfiguration, serviceRegistries }) => {
      const registry = textOf(mapOf(serviceRegistries).registryArn);
      const { subnets, securityGroups } = (networkConfiguration ?? {}) as Properties;
      return [
        ...texts(cluster),
        ...eachOf(loadBalancers, "targetGroupArn"),
        ...texts(registry?.split("/").at(-1)),
        ...listed(subnets),
        ...listed(securityGroups),
      ];
    },
  }),
  resource({
    type: T.repository,
    file: "ecr/repository",
    rules: [rules.repositoryTaken],
    immutable: rules.nameImmutable,
    maxName: 256,
    id: ({ name }) => String(name),
    computed: ["arn", "registryId", "repositoryUrl"],
    outputs: ({ inputs, scope }) => ({
      arn: arn("ecr", scope, `repository/${inputs.name}`),
      registryId: ACCOUNT,
      repositoryUrl: `${ACCOUNT}.dkr.ecr.${scope.split("/")[1]}.amazonaws.com/${inputs.name}`,
    }),
  }),
  resource({
    type: T.lifecyclePolicy,
    file: "ecr/lifecyclePolicy",
    immutable: rules.lifecycleImmutable,
    id: ({ repository }) => String(repository),
    computed: ["registryId"],
    outputs: () => ({ registryId: ACCOUNT }),
  }),
  resource({
    type: T.role,
    file: "iam/role",
    rules: [rules.entityExists, rules.roleInUse],
    immutable: rules.nameImmutable,
    maxName: 64,
    id: ({ name }) => String(name),
    computed: ["arn", "createDate", "uniqueId"],
    outputs: ({ inputs }) => ({ arn: globalArn("iam", `role/${inputs.name}`) }),
  }),
  resource({
    type: T.rolePolicy,
    file: "iam/rolePolicy",
    immutable: rules.rolePolicyImmutable,
    maxName: 128,
    id: ({ role, name }) => `${role}:${name}`,
    computed: [],
    uses: ({ role }) => texts(role),
  }),
  resource({
    type: T.rolePolicyAttachment,
    file: "iam/rolePolicyAttachment",
    immutable: rules.attachmentImmutable,
    id: ({ role, policyArn }) => `${role}/${policyArn}`,
    computed: [],
    uses: ({ role }) => texts(role),
  }),
  resource({
    type: T.instanceProfile,
    file: "iam/instanceProfile",
    rules: [rules.entityExists, rules.roleSpreads],
    immutable: rules.nameImmutable,
    maxName: 128,
    id: ({ name }) => String(name),
    computed: ["arn", "createDate", "uniqueId"],
    outputs: ({ inputs }) => ({ arn: globalArn("iam", `instance-profile/${inputs.name}`) }),
    uses: ({ role }) => texts(textOf(role)),
  }),
  resource({
    type: T.logGroup,
    file: "cloudwatch/logGroup",
    rules: [rules.entityExists],
    immutable: rules.nameImmutable,
    maxName: 512,
    id: ({ name }) => String(name),
    computed: ["arn"],
    outputs: ({ inputs, scope }) => ({ arn: arn("logs", scope, `log-group:${inputs.name}`) }),
  }),
];
