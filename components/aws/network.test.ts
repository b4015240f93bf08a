import assert from "node:assert/strict";
import { test } from "node:test";
import { clouds } from "../testing/clouds.ts";
import { resolved, run } from "../testing/mocks.ts";
import { refused } from "../testing/refused.ts";
import { AwsNetwork, type AwsNetworkArgs, NatGateways } from "./index.ts";

const ZONES = [{ name: "us-east-2a" }, { name: "us-east-2b" }];

const network = (args: Partial<AwsNetworkArgs> = {}) =>
  run(() => new AwsNetwork("relay", { zones: ZONES, ...args }), clouds);

test("a VPC with two subnets a zone, a way out for the public ones, and no NAT unless asked", async () => {
  const { one, resources, result } = await network();
  const subnets = resources.filter(({ type }) => type === "aws:ec2/subnet:Subnet");
  assert.deepEqual(
    subnets.map(({ inputs }) => [
      inputs.availabilityZone,
      inputs.cidrBlock,
      inputs.mapPublicIpOnLaunch,
    ]),
    [
      ["us-east-2a", "10.0.1.0/24", false],
      ["us-east-2b", "10.0.3.0/24", false],
      ["us-east-2a", "10.0.2.0/24", false],
      ["us-east-2b", "10.0.4.0/24", false],
    ],
  );
  assert.deepEqual(one("relay-public-out").inputs, {
    routeTableId: "relay-public-routes-id",
    destinationCidrBlock: "0.0.0.0/0",
    gatewayId: "relay-internet-id",
  });
  assert.equal(resources.filter(({ type }) => type.endsWith(":Route")).length, 1);
  assert.equal(resources.filter(({ type }) => type.endsWith(":NatGateway")).length, 0);
  assert.deepEqual(await resolved(result.publicSubnetIds), [
    "relay-public-us-east-2a-subnet-id",
    "relay-public-us-east-2b-subnet-id",
  ]);
});

test("nobody gets into the default security group, and everything is tagged", async () => {
  const { one, resources } = await network({
    tags: { team: "edge" },
    natGateways: NatGateways.Single,
  });
  const { ingress, egress } = one("DefaultSecurityGroup").inputs;
  assert.deepEqual([ingress, egress], [undefined, undefined]);
  const taggable = resources.filter(
    ({ custom, type }) => custom && !/:(Route|RouteTableAssociation)$/.test(type),
  );
  assert.ok(taggable.length > 10);
  for (const { name, inputs } of taggable) {
    assert.equal(inputs.tags?.team, "edge", name);
    assert.ok(inputs.tags.Name, name);
  }
});

test("NAT: one for all zones or one each, made only once there is a way out", async () => {
  const nats = async (natGateways: NatGateways) => {
    const { resources } = await network({ natGateways });
    const made = resources.filter(({ type }) => type.endsWith(":NatGateway"));
    const routes = resources.filter(({ inputs }) => inputs.natGatewayId !== undefined);
    return { made, through: routes.map(({ inputs }) => inputs.natGatewayId) };
  };
  const single = await nats(NatGateways.Single);
  assert.equal(single.made.length, 1);
  assert.deepEqual(single.through, ["relay-us-east-2a-nat-id", "relay-us-east-2a-nat-id"]);
  assert.ok(single.made[0]?.dependencies.some((urn) => urn.endsWith("relay-public-out")));
  const each = await nats(NatGateways.PerZone);
  assert.deepEqual(each.through, ["relay-us-east-2a-nat-id", "relay-us-east-2b-nat-id"]);
});

test("S3 and DynamoDB are reached from every subnet without NAT", async () => {
  const { one } = await network();
  const { serviceName, vpcEndpointType, routeTableIds } = one("relay-s3").inputs;
  assert.deepEqual([serviceName, vpcEndpointType], ["com.amazonaws.us-east-2.s3", "Gateway"]);
  assert.deepEqual(routeTableIds, [
    "relay-public-routes-id",
    "relay-private-us-east-2a-routes-id",
    "relay-private-us-east-2b-routes-id",
  ]);
  const without = await network({ gatewayEndpoints: false });
  assert.equal(without.resources.filter(({ type }) => type.endsWith(":VpcEndpoint")).length, 0);
});

test("with IPv6 each subnet has a /64, public ones a gateway and private ones only a way out", async () => {
  const { one } = await network({ ipv6: true });
  assert.equal(
    one("relay-public-us-east-2a-subnet").inputs.ipv6CidrBlock,
    "2001:db8:abc:de01::/64",
  );
  assert.equal(
    one("relay-private-us-east-2b-subnet").inputs.ipv6CidrBlock,
    "2001:db8:abc:de04::/64",
  );
  assert.equal(one("relay-public-out6").inputs.gatewayId, "relay-internet-id");
  assert.equal(one("relay-private-us-east-2a-out6").inputs.egressOnlyGatewayId, "relay-egress6-id");
});

test("what uses a subnet waits for its routes", async () => {
  const { resources, result } = await run(() => {
    const made = new AwsNetwork("relay", { zones: ZONES, natGateways: NatGateways.Single });
    const user = new AwsNetwork("user", {
      zones: [{ name: "us-east-2a" }],
      tags: { seen: made.privateSubnetIds.apply(([first]) => first ?? "") as unknown as string },
    });
    return { made, user };
  }, clouds);
  assert.ok(result.user);
  const vpc = resources.find(({ name }) => name === "user-vpc");
  for (const wanted of ["relay-private-us-east-2a-out", "relay-private-us-east-2a-routes"]) {
    assert.ok(
      vpc?.dependencies.some((urn) => urn.endsWith(wanted)),
      wanted,
    );
  }
});

test("mistakes are refused by their place", async () => {
  const no = (args: Partial<AwsNetworkArgs>, at: string, why: RegExp) =>
    refused(() => network(args), at, why);
  await no({ zones: [] }, "zones", /give at least one/);
  await no({ zones: [{ name: "us-east-2" }] }, "zones[0].name", /is not a zone/);
  await no({ zones: [...ZONES, { name: "us-east-2a" }] }, "zones[2].name", /there twice/);
  await no({ zones: [...ZONES, { name: "eu-west-1a" }] }, "zones[2].name", /is in eu-west-1/);
  await no({ cidrBlock: "10.0.0.0/8" }, "cidrBlock", /16 to 28/);
  await no({ natGateways: "none" as NatGateways }, "natGateways", /NONE, SINGLE or PER_ZONE/);
  await no(
    { zones: [{ name: "us-east-2a", privateCidr: "10.0.1.0/25" }] },
    "zones[0].privateCidr",
    /overlaps zones\[0\]\.publicCidr/,
  );
});
