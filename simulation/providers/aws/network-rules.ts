import { containsCidr, overlapCidr } from "cidr-tools";
import type { CheckFailure, Properties } from "../../../components/provider/index.ts";
import { listOf, textOf } from "../../cloud/paths.ts";
import type { Rule } from "../../cloud/rule.ts";
import { forceNew } from "../bridged.ts";
import { holdersOf } from "./lb-rules.ts";
import { all, byId, T, usersOf } from "./objects.ts";

const VPC_GUIDE = "https://docs.aws.amazon.com/vpc/latest/userguide";
const EC2_ERRORS = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html";

export const inUse: Rule = {
  id: "aws-dependency-violation",
  basis: "read",
  stage: "delete",
  severity: "refuse",
  says: "Nothing of EC2 can be deleted while something else is in it or uses it.",
  source:
    "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html DependencyViolation; API_DeleteVpc; API_DeleteSubnet",
  broken: (subject) => {
    const [user] = usersOf(subject);
    return (
      user && `DependencyViolation: resource ${subject.id} has a dependent object (${user.id})`
    );
  },
};

export const vpcExists: Rule = {
  id: "aws-vpc-exists",
  basis: "recalled",
  stage: "write",
  severity: "refuse",
  says: "What is made in a VPC of this program is made while the VPC is there.",
  source: `${EC2_ERRORS} InvalidVpcID.NotFound`,
  broken: ({ inputs, world }) => {
    const id = textOf(inputs.vpcId);
    // A VPC that the program did not make may well exist.
    const ours = all(world, T.vpc).length > 0 && /^vpc-[0-9a-f]{17}$/.test(id ?? "");
    return ours && byId(world, T.vpc, id) === undefined
      ? `InvalidVpcID.NotFound: The vpc ID '${id}' does not exist`
      : undefined;
  },
};

export const subnetInside: Rule = {
  id: "aws-subnet-inside",
  basis: "recalled",
  stage: "write",
  severity: "refuse",
  says: "A subnet's network is inside that of its VPC.",
  source: `${EC2_ERRORS} InvalidSubnet.Range`,
  broken: ({ inputs, world }) => {
    const vpc = byId(world, T.vpc, inputs.vpcId);
    return vpc && !containsCidr(String(vpc.inputs.cidrBlock), String(inputs.cidrBlock))
      ? `InvalidSubnet.Range: The CIDR '${inputs.cidrBlock}' is invalid.`
      : undefined;
  },
};

export const subnetConflict: Rule = {
  id: "aws-subnet-conflict",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "Subnets of a VPC share no addresses.",
  source: "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSubnet.html",
  broken: ({ inputs, world, id }) =>
    all(world, T.subnet).some(
      (other) =>
        other.id !== id &&
        other.inputs.vpcId === inputs.vpcId &&
        overlapCidr(String(other.inputs.cidrBlock), String(inputs.cidrBlock)),
    )
      ? `InvalidSubnet.Conflict: The CIDR '${inputs.cidrBlock}' conflicts with another subnet`
      : undefined,
};

export const oneGateway: Rule = {
  id: "aws-one-internet-gateway",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "A VPC has one Internet gateway.",
  source: `${VPC_GUIDE}/amazon-vpc-limits.html: only one to a VPC at a time`,
  broken: ({ inputs, world, id }) =>
    all(world, T.internetGateway).some(
      (other) => other.id !== id && other.inputs.vpcId === inputs.vpcId,
    )
      ? `Resource.AlreadyAssociated: VPC ${inputs.vpcId} already has an internet gateway`
      : undefined,
};

const targetOf = ({ destinationCidrBlock, destinationIpv6CidrBlock }: Properties) =>
  textOf(destinationCidrBlock) ?? textOf(destinationIpv6CidrBlock);

export const routeTaken: Rule = {
  id: "aws-route-taken",
  basis: "recalled",
  stage: "write",
  severity: "refuse",
  says: "A route table has one route to a network.",
  source: `${EC2_ERRORS} RouteAlreadyExists`,
  broken: ({ inputs, world, id, exists }) =>
    all(world, T.route).some(
      (other) =>
        // A route's identifier is made of its table and destination.
        (!exists || other.id !== id) &&
        other.inputs.routeTableId === inputs.routeTableId &&
        targetOf(other.inputs) === targetOf(inputs),
    )
      ? `RouteAlreadyExists: The route identified by ${targetOf(inputs)} already exists.`
      : undefined,
};

export const natNeedsGateway: Rule = {
  id: "aws-nat-needs-gateway",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "A public NAT gateway is made in a VPC that has an Internet gateway.",
  source: `${VPC_GUIDE}/nat-gateway-troubleshooting.html Gateway.NotAttached`,
  broken: ({ inputs, world }) => {
    const vpcId = byId(world, T.subnet, inputs.subnetId)?.inputs.vpcId;
    const gateways = all(world, T.internetGateway).map((gateway) => gateway.inputs.vpcId);
    return vpcId !== undefined && !gateways.includes(vpcId)
      ? `Gateway.NotAttached: Network ${vpcId} has no Internet gateway attached`
      : undefined;
  },
};

export const natAddressTaken: Rule = {
  id: "aws-nat-address-taken",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "An address that something has cannot be given to a NAT gateway.",
  source: `${VPC_GUIDE}/nat-gateway-troubleshooting.html#nat-gateway-troubleshooting-failed`,
  broken: ({ inputs, world, id, exists }) => {
    const allocation = String(inputs.allocationId);
    return !exists && holdersOf(world, allocation, id).length > 0
      ? `Resource.AlreadyAssociated: Elastic IP address ${allocation} is already associated`
      : undefined;
  },
};

export const oneTableASubnet: Rule = {
  id: "aws-subnet-one-route-table",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "A subnet has one route table.",
  source: `${VPC_GUIDE}/amazon-vpc-limits.html, Route tables`,
  broken: ({ inputs, world, id, exists }) =>
    !exists &&
    all(world, T.routeTableAssociation).some(
      (other) => other.id !== id && other.inputs.subnetId === inputs.subnetId,
    )
      ? `Resource.AlreadyAssociated: the specified association for route table ${inputs.routeTableId} conflicts with an existing association`
      : undefined,
};

export const oneEndpointATable: Rule = {
  id: "aws-endpoint-one-route",
  basis: "recalled",
  stage: "write",
  severity: "refuse",
  says: "A route table has one route to a service through a gateway endpoint.",
  source: "https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html",
  broken: ({ inputs, world, id }) => {
    const tables = new Set(listOf(inputs.routeTableIds));
    const shared = all(world, T.vpcEndpoint)
      .filter((other) => other.id !== id && other.inputs.serviceName === inputs.serviceName)
      .flatMap((other) => listOf(other.inputs.routeTableIds))
      .find((table) => tables.has(table));
    return shared === undefined
      ? undefined
      : `RouteAlreadyExists: route table ${shared} already has a route to ${inputs.serviceName}`;
  },
};

export const addressTaken: Rule = {
  id: "aws-address-taken",
  basis: "read",
  stage: "write",
  severity: "refuse",
  says: "An address moves from one instance to another by itself, but not away from a load balancer or a NAT gateway.",
  source:
    "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateAddress.html; hashicorp/terraform-provider-aws internal/service/ec2/ec2_eip_association.go (allowReassociation is sent when true, and true is the default)",
  broken: ({ inputs, world }) => {
    const allocation = String(inputs.allocationId);
    const holder = world.objects.find(
      ({ type, uses }) =>
        (type === T.loadBalancer || type === T.natGateway) && uses?.includes(allocation),
    );
    return (
      holder &&
      `Resource.AlreadyAssociated: resource ${allocation} is already associated with ${holder.id}`
    );
  },
};

export const addressInUse: Rule = {
  id: "aws-address-in-use",
  basis: "read",
  stage: "delete",
  severity: "refuse",
  says: "An address that a load balancer, a NAT gateway or an instance has cannot be released.",
  source:
    "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReleaseAddress.html InvalidIPAddress.InUse",
  broken: (subject) => {
    const [user] = usersOf(subject);
    return user && `InvalidIPAddress.InUse: address ${subject.id} is in use by ${user.id}`;
  },
};

const SOURCES = ["cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"] as const;

export const oneSource: Rule = {
  id: "aws-security-rule-one-source",
  basis: "read",
  stage: "check",
  severity: "refuse",
  says: "A rule of a security group names one network, prefix list or group.",
  source:
    "hashicorp/terraform-provider-aws internal/service/ec2/vpc_security_group_ingress_rule.go ExactlyOneOf",
  broken: ({ inputs }): CheckFailure | undefined =>
    SOURCES.filter((source) => inputs[source] !== undefined).length === 1
      ? undefined
      : { property: "cidrIpv4", reason: `exactly one of ${SOURCES.join(", ")} has to be given` },
};

const sameRule = (a: Properties, b: Properties): boolean =>
  ["securityGroupId", "ipProtocol", "fromPort", "toPort", ...SOURCES].every(
    (property) => a[property] === b[property],
  );

export const ruleTaken: Rule = {
  id: "aws-security-rule-taken",
  basis: "recalled",
  stage: "write",
  severity: "refuse",
  says: "A security group has no rule twice.",
  source: `${EC2_ERRORS} InvalidPermission.Duplicate`,
  broken: ({ inputs, world, id, urn }) => {
    const type = urn.includes(T.egressRule) ? T.egressRule : T.ingressRule;
    return all(world, type).some((other) => other.id !== id && sameRule(other.inputs, inputs))
      ? "InvalidPermission.Duplicate: the specified rule already exists"
      : undefined;
  },
};

const immutable = forceNew("hashicorp/terraform-provider-aws internal/service/ec2", "recalled");

export const vpcImmutable = immutable(
  "aws-vpc-immutable",
  "A change of its network replaces a VPC.",
  ["cidrBlock"],
  "vpc_.go",
);
export const subnetImmutable = immutable(
  "aws-subnet-immutable",
  "A change of its network, zone or VPC replaces a subnet.",
  ["availabilityZone", "cidrBlock", "vpcId"],
  "vpc_subnet.go",
);
export const inVpcImmutable = immutable(
  "aws-in-vpc-immutable",
  "What stands in a VPC is replaced when it gets another one.",
  ["vpcId"],
  "vpc_route_table.go",
);
export const routeImmutable = immutable(
  "aws-route-immutable",
  "A change of table or destination replaces a route.",
  ["destinationCidrBlock", "destinationIpv6CidrBlock", "routeTableId"],
  "vpc_route.go",
);
export const natImmutable = immutable(
  "aws-nat-immutable",
  "A change of subnet or address replaces a NAT gateway.",
  ["allocationId", "connectivityType", "subnetId"],
  "vpc_nat_gateway.go",
  "read",
);
export const subnetLinkImmutable = immutable(
  "aws-route-table-association-immutable",
  "A change of subnet replaces the association of a route table.",
  ["subnetId"],
  "vpc_route_table_association.go",
  "read",
);
export const groupImmutable = immutable(
  "aws-security-group-immutable",
  "A change of name, description or VPC replaces a security group.",
  ["description", "name", "namePrefix", "vpcId"],
  "vpc_security_group.go",
);
export const ruleImmutable = immutable(
  "aws-security-rule-immutable",
  "Another security group replaces a rule, and so does another kind of source: a network, a prefix list or a group.",
  ["securityGroupId"],
  "vpc_security_group_ingress_rule.go",
  "read",
);

/** Paths that a change of the kind of source replaces a rule by. */
export const ruleReplaces = (news: Properties, olds: Properties): readonly string[] =>
  SOURCES.filter((source) => (news[source] === undefined) !== (olds[source] === undefined));
export const associationImmutable = immutable(
  "aws-address-association-immutable",
  "Any change replaces the association of an address.",
  ["allocationId", "allowReassociation", "instanceId", "networkInterfaceId"],
  "ec2_eip_association.go",
  "read",
);
export const instanceImmutable = immutable(
  "aws-instance-immutable",
  "A change of image, subnet, key or disk encryption replaces an instance, and of user data where that is asked for.",
  [
    "ami",
    "associatePublicIpAddress",
    "availabilityZone",
    "keyName",
    "rootBlockDevice.encrypted",
    "subnetId",
  ],
  "ec2_instance.go",
  "read",
);
