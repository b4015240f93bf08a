import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import type { Properties } from "../../../components/provider/index.ts";
import { pythonTool } from "../../../toolchain/python-tool.ts";
import { memoryStore } from "../../cloud/store.ts";
import { providerFactory } from "../simulated-cloud.ts";
import { aws } from "./index.ts";
import { type Answer, Moto } from "./moto.ts";
import { T } from "./objects.ts";

/** What moto, a model of AWS by others, refuses is refused here, by the same code. */

const requirements = path.resolve(import.meta.dirname, "../../../toolchain/moto/requirements.txt");
const found = await pythonTool({ command: "moto_server", requirements }, () => undefined);
const skip = "missing" in found ? found.missing : false;
const file = "file" in found ? found.file : "";

/** The simulated AWS, a call at a time: identifiers, or the message of a refusal. */
async function simulated() {
  const factory = await providerFactory(aws, { store: memoryStore(), warn: () => undefined });
  const provider = factory();
  await provider.configure?.({ region: "us-east-2" });
  const handler = (type: string) => {
    const one = provider.resource(type);
    assert.ok(one, type);
    return one;
  };
  let names = 0;
  const create = async (type: string, news: Properties): Promise<string> => {
    const name = `n${++names}`;
    const urn = `urn:pulumi:s::p::${type}::${name}`;
    const randomSeed = new Uint8Array([names]);
    const checked = await handler(type).check?.({ urn, type, name, olds: {}, news, randomSeed });
    const [failure] = checked?.failures ?? [];
    if (failure) throw new Error(failure.reason);
    const signal = new AbortController().signal;
    const inputs = checked?.inputs ?? news;
    const request = { urn, type, name, inputs, preview: false, timeoutSeconds: 0, signal };
    return (await handler(type).create(request)).id;
  };
  const remove = (type: string, id: string) =>
    handler(type).delete({
      urn: `urn:pulumi:s::p::${type}::gone`,
      type,
      name: "gone",
      id,
      inputs: {},
      outputs: {},
      timeoutSeconds: 0,
      signal: new AbortController().signal,
    });
  return { create, remove };
}

test("what moto refuses is refused here, by the same code", { skip }, async (t) => {
  const moto = await Moto.start(t, file);
  const { create, remove } = await simulated();
  const ec2 = (action: string, parameters: Readonly<Record<string, string | number>>) =>
    moto.call("ec2", action, parameters);
  const elb = (action: string, parameters: Readonly<Record<string, string | number>>) =>
    moto.call("elasticloadbalancing", action, parameters);
  const taken = (given: Answer): Answer => {
    assert.equal(given.code, undefined, given.text);
    return given;
  };
  let judged = 0;
  const both = async (
    code: string,
    theirs: Promise<Answer>,
    ours: () => unknown,
    says?: RegExp,
  ) => {
    assert.equal((await theirs).code, code);
    await assert.rejects(async () => ours(), says ?? new RegExp(code.replaceAll(".", "\\.")));
    judged++;
  };

  const vpc = taken(await ec2("CreateVpc", { CidrBlock: "10.0.0.0/16" })).element("vpcId");
  const ourVpc = await create(T.vpc, { cidrBlock: "10.0.0.0/16" });
  await both(
    "InvalidSubnet.Range",
    ec2("CreateSubnet", { VpcId: vpc, CidrBlock: "10.1.0.0/24" }),
    () => create(T.subnet, { vpcId: ourVpc, cidrBlock: "10.1.0.0/24" }),
  );
  const zone = "us-east-2a";
  const subnet = { VpcId: vpc, CidrBlock: "10.0.1.0/24", AvailabilityZone: zone };
  taken(await ec2("CreateSubnet", subnet));
  const ourSubnet = { vpcId: ourVpc, cidrBlock: "10.0.1.0/24", availabilityZone: zone };
  await create(T.subnet, ourSubnet);
  await both(
    "InvalidSubnet.Conflict",
    ec2("CreateSubnet", { VpcId: vpc, CidrBlock: "10.0.0.0/22" }),
    () => create(T.subnet, { vpcId: ourVpc, cidrBlock: "10.0.0.0/22" }),
  );
  await both("DependencyViolation", ec2("DeleteVpc", { VpcId: vpc }), () => remove(T.vpc, ourVpc));

  const gateway = taken(await ec2("CreateInternetGateway", {})).element("internetGatewayId");
  taken(await ec2("AttachInternetGateway", { InternetGatewayId: gateway, VpcId: vpc }));
  const ourGateway = await create(T.internetGateway, { vpcId: ourVpc });
  const table = taken(await ec2("CreateRouteTable", { VpcId: vpc })).element("routeTableId");
  const ourTable = await create(T.routeTable, { vpcId: ourVpc });
  const everywhere = "0.0.0.0/0";
  const route = { RouteTableId: table, DestinationCidrBlock: everywhere, GatewayId: gateway };
  taken(await ec2("CreateRoute", route));
  const ourRoute = {
    routeTableId: ourTable,
    destinationCidrBlock: everywhere,
    gatewayId: ourGateway,
  };
  await create(T.route, ourRoute);
  await both("RouteAlreadyExists", ec2("CreateRoute", route), () => create(T.route, ourRoute));

  const described = { GroupName: "a", GroupDescription: "a", VpcId: vpc };
  const group = taken(await ec2("CreateSecurityGroup", described)).element("groupId");
  const ourGroup = await create(T.securityGroup, { vpcId: ourVpc, description: "a" });
  const permission = {
    GroupId: group,
    "IpPermissions.1.IpProtocol": "udp",
    "IpPermissions.1.FromPort": 4434,
    "IpPermissions.1.ToPort": 4434,
    "IpPermissions.1.IpRanges.1.CidrIp": everywhere,
  };
  const ourRule = {
    securityGroupId: ourGroup,
    ipProtocol: "udp",
    fromPort: 4434,
    toPort: 4434,
    cidrIpv4: everywhere,
  };
  taken(await ec2("AuthorizeSecurityGroupIngress", permission));
  await create(T.ingressRule, ourRule);
  await both("InvalidPermission.Duplicate", ec2("AuthorizeSecurityGroupIngress", permission), () =>
    create(T.ingressRule, ourRule),
  );

  const target = { Name: "audio", Protocol: "UDP", Port: 4434, VpcId: vpc, TargetType: "ip" };
  const ourTarget = {
    name: "audio",
    protocol: "UDP",
    port: 4434,
    vpcId: ourVpc,
    targetType: "ip",
    healthCheck: { port: "8080", protocol: "TCP" },
  };
  const check = { HealthCheckProtocol: "TCP", HealthCheckPort: "8080" };
  const arn = taken(await elb("CreateTargetGroup", { ...target, ...check })).element(
    "TargetGroupArn",
  );
  const ourArn = await create(T.targetGroup, ourTarget);
  // Here the provider looks before it asks AWS.
  await both(
    "DuplicateTargetGroupName",
    elb("CreateTargetGroup", { ...target, ...check, Port: 4435 }),
    () => create(T.targetGroup, { ...ourTarget, port: 4435 }),
    /Target Group \(audio\) already exists/,
  );
  const long = "x".repeat(33);
  await both(
    "ValidationError",
    elb("CreateTargetGroup", { ...target, ...check, Name: long }),
    () => create(T.targetGroup, { ...ourTarget, name: long }),
    /cannot be longer than 32/,
  );
  const { VpcId: _theirs, ...homeless } = { ...target, ...check, Name: "other" };
  const { vpcId: _ours, ...ourHomeless } = { ...ourTarget, name: "other" };
  await both(
    "ValidationError",
    elb("CreateTargetGroup", homeless),
    () => create(T.targetGroup, ourHomeless),
    /"vpcId" must be specified/,
  );
  const subnetId = taken(
    await ec2("DescribeSubnets", { "Filter.1.Name": "vpc-id", "Filter.1.Value.1": vpc }),
  ).element("subnetId");
  const balancer = { Name: "audio-lb", Type: "network", "Subnets.member.1": subnetId };
  const lb = taken(await elb("CreateLoadBalancer", balancer)).element("LoadBalancerArn");
  const ourLb = await create(T.loadBalancer, {
    name: "audio-lb",
    loadBalancerType: "network",
    subnets: [subnetId],
  });
  const listener = {
    LoadBalancerArn: lb,
    Protocol: "UDP",
    Port: 4434,
    "DefaultActions.member.1.Type": "forward",
    "DefaultActions.member.1.TargetGroupArn": arn,
  };
  taken(await elb("CreateListener", listener));
  await create(T.listener, {
    loadBalancerArn: ourLb,
    protocol: "UDP",
    port: 4434,
    defaultActions: [{ type: "forward", targetGroupArn: ourArn }],
  });
  await both("ResourceInUse", elb("DeleteTargetGroup", { TargetGroupArn: arn }), () =>
    remove(T.targetGroup, ourArn),
  );

  const role = { RoleName: "relay", AssumeRolePolicyDocument: "{}" };
  taken(await moto.call("iam", "CreateRole", role));
  const ourRole = await create(T.role, { name: "relay", assumeRolePolicy: "{}" });
  await both("EntityAlreadyExists", moto.call("iam", "CreateRole", role), () =>
    create(T.role, { name: "relay", assumeRolePolicy: "{}" }),
  );
  const policy =
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}';
  const inline = { RoleName: "relay", PolicyName: "p", PolicyDocument: policy };
  taken(await moto.call("iam", "PutRolePolicy", inline));
  await create(T.rolePolicy, { name: "p", role: "relay", policy });
  await both("DeleteConflict", moto.call("iam", "DeleteRole", { RoleName: "relay" }), () =>
    remove(T.role, ourRole),
  );

  taken(await moto.ecr("CreateRepository", { repositoryName: "ztna/app" }));
  await create(T.repository, { name: "ztna/app" });
  await both(
    "RepositoryAlreadyExistsException",
    moto.ecr("CreateRepository", { repositoryName: "ztna/app" }),
    () => create(T.repository, { name: "ztna/app" }),
  );
  assert.equal(judged, 12);
  t.diagnostic(`${judged} refusals are moto's as well`);
});
