import { hex } from "../../cloud/identifiers.ts";
import { mapOf, textOf, valueAt } from "../../cloud/paths.ts";
import type { BridgedResource } from "../bridged.ts";
import * as rules from "./lb-rules.ts";
import { arn, resource } from "./names.ts";
import { eachOf, T, texts } from "./objects.ts";
import * as quotas from "./quotas.ts";

const ELB = "elasticloadbalancing";
const HEALTH_CHECK = {
  enabled: true,
  protocol: "HTTP",
  port: "traffic-port",
  interval: 30,
  healthyThreshold: 3,
  unhealthyThreshold: 3,
};

/** Network load balancers. */
export const loadBalancing: readonly BridgedResource[] = [
  resource({
    type: T.loadBalancer,
    file: "lb/loadBalancer",
    rules: [
      rules.subnetsOrMappings,
      rules.nameTaken,
      quotas.loadBalancers,
      quotas.groupsPerInterface,
      rules.allocationInUse,
      rules.oneSubnetAZone,
      rules.publicNeedsGateway,
      rules.deletionProtected,
    ],
    facts: [rules.lbGroupsFromBirth, rules.lbMappingsOnlyGrow],
    immutable: rules.lbImmutable,
    replaces: rules.lbReplaces,
    maxName: 32,
    id: ({ name }, scope, world) =>
      arn(ELB, scope, `loadbalancer/net/${name}/${hex(16, "lb", String(name), world.serial)}`),
    computed: ["arn", "arnSuffix", "dnsName", "vpcId", "zoneId"],
    outputs: ({ inputs, id, scope }) => ({
      arn: id,
      arnSuffix: id.split(":loadbalancer/")[1] ?? "",
      dnsName: `${inputs.name}-${id.split("/").at(-1)}.elb.${scope.split("/")[1]}.amazonaws.com`,
      zoneId: "ZLMOA37VPKANP",
    }),
    uses: ({ securityGroups, subnetMappings }) => [
      ...texts(...(Array.isArray(securityGroups) ? securityGroups : [])),
      ...eachOf(subnetMappings, "subnetId"),
      ...eachOf(subnetMappings, "allocationId"),
    ],
  }),
  resource({
    type: T.targetGroup,
    file: "lb/targetGroup",
    rules: [
      rules.groupRequires,
      rules.healthCheckPath,
      rules.healthCheckRanges,
      rules.nameTaken,
      quotas.targetGroups,
      rules.clientIpKept,
      rules.healthCheckByDefault,
      rules.groupInUse,
    ],
    immutable: rules.groupImmutable,
    maxName: 32,
    id: ({ name }, scope, world) =>
      arn(ELB, scope, `targetgroup/${name}/${hex(16, "tg", String(name), world.serial)}`),
    computed: ["arn", "arnSuffix", "loadBalancerArns"],
    outputs: ({ inputs, id }) => ({
      arn: id,
      arnSuffix: `targetgroup/${id.split(":targetgroup/")[1]}`,
      targetType: textOf(inputs.targetType) ?? "instance",
      healthCheck: { ...HEALTH_CHECK, ...mapOf(inputs.healthCheck) },
    }),
  }),
  resource({
    type: T.listener,
    file: "lb/listener",
    rules: [
      rules.listenerPortTaken,
      rules.listenerProtocol,
      quotas.listeners,
      rules.targetGroupElsewhere,
      rules.ipv6UdpNeedsPrefix,
    ],
    immutable: rules.listenerImmutable,
    id: ({ loadBalancerArn, port, protocol }, _scope, world) =>
      `${String(loadBalancerArn).replace(":loadbalancer/", ":listener/")}/${hex(16, String(port), String(protocol), world.serial)}`,
    computed: ["arn"],
    outputs: ({ id }) => ({ arn: id }),
    uses: (inputs) =>
      texts(inputs.loadBalancerArn, valueAt(inputs, "defaultActions[0].targetGroupArn")),
  }),
  resource({
    type: T.attachment,
    file: "lb/targetGroupAttachment",
    rules: [rules.targetKind, quotas.targets, quotas.targetsOfBalancer],
    immutable: rules.attachmentImmutable,
    id: ({ targetGroupArn, targetId, port }) => `${targetGroupArn}-${targetId}-${port}`,
    computed: [],
    uses: ({ targetId }) => texts(targetId),
  }),
];
