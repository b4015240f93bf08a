import assert from "node:assert/strict";
import { test } from "node:test";
import { clouds } from "../testing/clouds.ts";
import { resolved, run } from "../testing/mocks.ts";
import { refused } from "../testing/refused.ts";
import {
  Architecture,
  AwsInstanceRelay,
  type AwsInstanceRelayArgs,
  Exposure,
  Protocol,
} from "./index.ts";

const ARGS: AwsInstanceRelayArgs = {
  vpcId: "vpc-1",
  subnetId: "subnet-1",
  address: { allocationId: "eipalloc-1", ipAddress: "198.51.100.1" },
  ports: [{ name: "quic", port: 4433, protocol: Protocol.Udp }],
};

const relay = (args: Partial<AwsInstanceRelayArgs> = {}) =>
  run(() => new AwsInstanceRelay("relay", { ...ARGS, ...args }), clouds);

const ingress = (resources: Awaited<ReturnType<typeof relay>>["resources"]) =>
  resources
    .filter(({ type }) => type.endsWith(":SecurityGroupIngressRule"))
    .map(({ inputs }) => [
      inputs.ipProtocol,
      inputs.fromPort,
      inputs.cidrIpv4 ?? inputs.cidrIpv6 ?? inputs.referencedSecurityGroupId,
    ]);

test("an encrypted instance that asks for metadata tokens and is managed without an open port", async () => {
  const { one, resources, calls } = await relay();
  const { inputs } = one("Instance");
  assert.deepEqual(inputs.metadataOptions, {
    httpEndpoint: "enabled",
    httpTokens: "required",
    httpPutResponseHopLimit: 1,
  });
  assert.equal(inputs.rootBlockDevice.encrypted, true);
  assert.deepEqual([inputs.ami, inputs.instanceType], ["ami-from-parameter", "t3.micro"]);
  assert.match(calls[0]?.inputs.name, /ubuntu\/server\/24\.04.*amd64/);
  assert.deepEqual(ingress(resources), [["udp", 4433, "0.0.0.0/0"]]);
  assert.equal(
    one("RolePolicyAttachment").inputs.policyArn,
    "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
  );
  assert.ok(one("Instance").dependencies.some((urn) => urn.endsWith("relay-managed")));
});

test("the static address is the endpoint and moves to a new instance", async () => {
  const { one, result } = await relay({ userData: "#cloud-config" });
  assert.deepEqual(one("EipAssociation").inputs, {
    allocationId: "eipalloc-1",
    instanceId: "relay-instance-id",
    allowReassociation: true,
  });
  assert.equal(one("Instance").inputs.userDataReplaceOnChange, true);
  assert.deepEqual(await resolved(result.endpoint), {
    addresses: ["198.51.100.1"],
    ports: [{ name: "quic", port: 4433, protocol: "UDP" }],
  });
});

test("SSH comes from given networks, internal ports from given groups, the rest from clients", async () => {
  const { resources } = await relay({
    ports: [
      ...ARGS.ports,
      { name: "metrics", port: 9090, protocol: Protocol.Tcp, exposure: Exposure.Internal },
    ],
    internalSecurityGroupIds: ["sg-prometheus"],
    sourceRanges: ["198.51.100.0/24", "2001:db8::/32"],
    sshSourceRanges: ["203.0.113.7/32"],
    keyName: "admin",
  });
  assert.deepEqual(ingress(resources), [
    ["udp", 4433, "198.51.100.0/24"],
    ["udp", 4433, "2001:db8::/32"],
    ["tcp", 9090, "sg-prometheus"],
    ["tcp", 22, "203.0.113.7/32"],
  ]);
});

test("arm64 takes its own image and size", async () => {
  const { one, calls } = await relay({ architecture: Architecture.Arm64 });
  assert.match(calls[0]?.inputs.name, /arm64/);
  assert.equal(one("Instance").inputs.instanceType, "t4g.micro");
  const given = await relay({ imageId: "ami-1", instanceType: "c7g.large" });
  assert.deepEqual(given.calls, []);
  assert.equal(given.one("Instance").inputs.ami, "ami-1");
});

test("mistakes are refused by their place", async () => {
  const no = (args: Partial<AwsInstanceRelayArgs>, at: string, why: RegExp) =>
    refused(() => relay(args), at, why);
  await no({ sshSourceRanges: ["0.0.0.0/0"] }, "sshSourceRanges[0]", /everybody/);
  await no({ keyName: "admin" }, "keyName", /nobody may connect by SSH/);
  await no(
    { ports: [{ name: "quic", port: 4433, targetPort: 1, protocol: Protocol.Udp }] },
    "ports[0].targetPort",
    /1 is not 4433/,
  );
  await no({ diskGigabytes: 7 }, "diskGigabytes", /8 to 16384/);
  await no({ architecture: "arm" as Architecture }, "architecture", /x86_64 or arm64/);
  const internal = [
    { name: "metrics", port: 9090, protocol: Protocol.Tcp, exposure: Exposure.Internal },
  ];
  await no({ ports: internal }, "ports", /no PUBLIC port/);
});
