import { hex, publicAddress } from "../../cloud/identifiers.ts";
import { textOf } from "../../cloud/paths.ts";
import { addressesIn } from "../../cloud/world.ts";
import type { BridgedResource } from "../bridged.ts";
import { arn, ec2Id, resource } from "./names.ts";
import * as rules from "./network-rules.ts";
import { all, T, texts } from "./objects.ts";
import * as quotas from "./quotas.ts";

const inVpc = { rules: [rules.vpcExists, rules.inUse], immutable: rules.inVpcImmutable };

/** Networks: VPCs and what stands in them. */
export const network: readonly BridgedResource[] = [
  resource({
    type: T.vpc,
    file: "ec2/vpc",
    rules: [quotas.vpcs, rules.inUse],
    immutable: rules.vpcImmutable,
    id: (_inputs, _scope, world) => ec2Id("vpc", world),
    computed: ["arn", "defaultSecurityGroupId", "ipv6CidrBlock", "mainRouteTableId", "ownerId"],
    outputs: ({ inputs, id, scope }) => ({
      arn: arn("ec2", scope, `vpc/${id}`),
      defaultSecurityGroupId: `sg-${hex(17, "default", id)}`,
      mainRouteTableId: `rtb-${hex(17, "main", id)}`,
      // A network for documentation in place of one of Amazon's.
      ipv6CidrBlock:
        inputs.assignGeneratedIpv6CidrBlock === true
          ? `2001:db8:${hex(4, id)}:${hex(2, id)}00::/56`
          : "",
    }),
  }),
  resource({
    type: T.subnet,
    file: "ec2/subnet",
    rules: [rules.vpcExists, rules.subnetInside, rules.subnetConflict, rules.inUse],
    immutable: rules.subnetImmutable,
    id: (_inputs, _scope, world) => ec2Id("subnet", world),
    computed: ["arn", "ownerId"],
    outputs: ({ id, scope }) => ({ arn: arn("ec2", scope, `subnet/${id}`) }),
    uses: ({ vpcId }) => texts(vpcId),
  }),
  resource({
    type: T.internetGateway,
    file: "ec2/internetGateway",
    rules: [rules.vpcExists, rules.oneGateway, rules.inUse],
    id: (_inputs, _scope, world) => ec2Id("igw", world),
    computed: ["arn", "ownerId"],
    uses: ({ vpcId }) => texts(vpcId),
  }),
  resource({
    type: T.egressOnlyGateway,
    file: "ec2/egressOnlyInternetGateway",
    ...inVpc,
    id: (_inputs, _scope, world) => ec2Id("eigw", world),
    computed: [],
    uses: ({ vpcId }) => texts(vpcId),
  }),
  resource({
    type: T.routeTable,
    file: "ec2/routeTable",
    ...inVpc,
    id: (_inputs, _scope, world) => ec2Id("rtb", world),
    computed: ["arn", "ownerId", "routes"],
    uses: ({ vpcId }) => texts(vpcId),
  }),
  resource({
    type: T.route,
    file: "ec2/route",
    rules: [rules.routeTaken],
    immutable: rules.routeImmutable,
    id: ({ routeTableId, destinationCidrBlock, destinationIpv6CidrBlock }) =>
      `r-${routeTableId}${hex(10, textOf(destinationCidrBlock) ?? textOf(destinationIpv6CidrBlock) ?? "")}`,
    computed: ["origin", "state"],
    uses: ({ gatewayId, natGatewayId, egressOnlyGatewayId }) =>
      texts(gatewayId, natGatewayId, egressOnlyGatewayId),
  }),
  resource({
    type: T.routeTableAssociation,
    file: "ec2/routeTableAssociation",
    rules: [rules.oneTableASubnet],
    immutable: rules.subnetLinkImmutable,
    id: (_inputs, _scope, world) => ec2Id("rtbassoc", world),
    computed: [],
    uses: ({ routeTableId }) => texts(routeTableId),
  }),
  resource({
    type: T.natGateway,
    file: "ec2/natGateway",
    rules: [quotas.natGateways, rules.natNeedsGateway, rules.natAddressTaken, rules.inUse],
    immutable: rules.natImmutable,
    id: (_inputs, _scope, world) => ec2Id("nat", world),
    computed: ["networkInterfaceId", "privateIp", "publicIp"],
    outputs: ({ inputs, world }) => {
      const eip = all(world, T.eip).find(({ id }) => id === inputs.allocationId);
      return { publicIp: eip?.outputs.publicIp ?? "" };
    },
    uses: ({ allocationId, subnetId }) => texts(allocationId, subnetId),
  }),
  resource({
    type: T.vpcEndpoint,
    file: "ec2/vpcEndpoint",
    ...inVpc,
    rules: [...inVpc.rules, rules.oneEndpointATable],
    id: (_inputs, _scope, world) => ec2Id("vpce", world),
    computed: ["arn", "prefixListId", "state"],
    outputs: ({ id }) => ({ prefixListId: `pl-${hex(8, id)}`, state: "available" }),
    uses: ({ vpcId }) => texts(vpcId),
  }),
  resource({
    type: T.defaultSecurityGroup,
    file: "ec2/defaultSecurityGroup",
    immutable: rules.inVpcImmutable,
    id: ({ vpcId }) => `sg-${hex(17, "default", String(vpcId))}`,
    computed: ["arn", "name", "ownerId"],
  }),
  resource({
    type: T.securityGroup,
    file: "ec2/securityGroup",
    rules: [rules.vpcExists, rules.inUse],
    immutable: rules.groupImmutable,
    maxName: 255,
    id: (_inputs, _scope, world) => ec2Id("sg", world),
    computed: ["arn", "ownerId"],
    outputs: ({ id, scope }) => ({ arn: arn("ec2", scope, `security-group/${id}`) }),
    uses: ({ vpcId }) => texts(vpcId),
  }),
  ...[
    [T.ingressRule, "vpc/securityGroupIngressRule"] as const,
    [T.egressRule, "vpc/securityGroupEgressRule"] as const,
  ].map(([type, file]) =>
    resource({
      type,
      file,
      rules: [rules.oneSource, rules.ruleTaken, quotas.groupRules],
      immutable: rules.ruleImmutable,
      replaces: rules.ruleReplaces,
      id: (_inputs, _scope, world) => ec2Id("sgr", world, type),
      computed: ["arn", "securityGroupRuleId"],
      outputs: ({ id }) => ({ securityGroupRuleId: id }),
      uses: ({ referencedSecurityGroupId }) => texts(referencedSecurityGroupId),
    }),
  ),
  resource({
    type: T.eip,
    file: "ec2/eip",
    rules: [quotas.addresses, rules.addressInUse],
    id: (_inputs, _scope, world) => ec2Id("eipalloc", world),
    computed: ["allocationId", "arn", "associationId", "publicDns", "publicIp"],
    outputs: ({ id, world, previous, scope }) => ({
      allocationId: id,
      arn: arn("ec2", scope, `elastic-ip/${id}`),
      publicIp: previous?.publicIp ?? publicAddress("IPv4", addressesIn(world), id),
    }),
  }),
  resource({
    type: T.eipAssociation,
    file: "ec2/eipAssociation",
    rules: [rules.addressTaken],
    immutable: rules.associationImmutable,
    // The same address on the same instance is the same association, however often it is asked for.
    id: ({ allocationId, instanceId }) =>
      `eipassoc-${hex(17, String(allocationId), String(instanceId))}`,
    computed: ["networkInterfaceId", "privateIpAddress", "publicIp"],
    uses: ({ allocationId }) => texts(allocationId),
  }),
];
