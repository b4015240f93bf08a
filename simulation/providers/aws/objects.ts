import type { Properties, Value } from "../../../components/provider/index.ts";
import { listOf, textOf } from "../../cloud/paths.ts";
import type { RuleSubject } from "../../cloud/rule.ts";
import { type CloudObject, objectsOf, type World } from "../../cloud/world.ts";
import { CLOUD } from "./names.ts";

/** Type tokens of what is simulated. */
export const T = {
  vpc: "aws:ec2/vpc:Vpc",
  subnet: "aws:ec2/subnet:Subnet",
  internetGateway: "aws:ec2/internetGateway:InternetGateway",
  egressOnlyGateway: "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway",
  routeTable: "aws:ec2/routeTable:RouteTable",
  route: "aws:ec2/route:Route",
  routeTableAssociation: "aws:ec2/routeTableAssociation:RouteTableAssociation",
  natGateway: "aws:ec2/natGateway:NatGateway",
  vpcEndpoint: "aws:ec2/vpcEndpoint:VpcEndpoint",
  defaultSecurityGroup: "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
  securityGroup: "aws:ec2/securityGroup:SecurityGroup",
  ingressRule: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
  egressRule: "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
  eip: "aws:ec2/eip:Eip",
  eipAssociation: "aws:ec2/eipAssociation:EipAssociation",
  instance: "aws:ec2/instance:Instance",
  loadBalancer: "aws:lb/loadBalancer:LoadBalancer",
  targetGroup: "aws:lb/targetGroup:TargetGroup",
  listener: "aws:lb/listener:Listener",
  attachment: "aws:lb/targetGroupAttachment:TargetGroupAttachment",
  cluster: "aws:ecs/cluster:Cluster",
  taskDefinition: "aws:ecs/taskDefinition:TaskDefinition",
  service: "aws:ecs/service:Service",
  namespace: "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace",
  registry: "aws:servicediscovery/service:Service",
  repository: "aws:ecr/repository:Repository",
  lifecyclePolicy: "aws:ecr/lifecyclePolicy:LifecyclePolicy",
  role: "aws:iam/role:Role",
  rolePolicy: "aws:iam/rolePolicy:RolePolicy",
  rolePolicyAttachment: "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
  instanceProfile: "aws:iam/instanceProfile:InstanceProfile",
  logGroup: "aws:cloudwatch/logGroup:LogGroup",
} as const;

export const all = (world: World, type: string): readonly CloudObject[] =>
  objectsOf(world, CLOUD, type);

export const byId = (world: World, type: string, id: Value | undefined): CloudObject | undefined =>
  all(world, type).find((object) => object.id === id);

/** What holds an object back, other than itself. */
export const usersOf = ({ world, id }: RuleSubject): readonly CloudObject[] =>
  world.objects.filter((object) => object.cloud === CLOUD && object.uses?.includes(id));

/** Texts among the values. */
export const texts = (...values: readonly (Value | undefined)[]): string[] =>
  values.flatMap((value) => textOf(value) ?? []);

/** A property of each entry of a list. */
export const eachOf = (list: Value | undefined, property: string): string[] =>
  listOf(list).flatMap((entry) => texts((entry as Properties)[property]));
