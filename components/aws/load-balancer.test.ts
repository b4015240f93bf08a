import assert from "node:assert/strict";
import { test } from "node:test";
import { clouds } from "../testing/clouds.ts";
import { resolved, run } from "../testing/mocks.ts";
import { refused } from "../testing/refused.ts";
import {
  AwsUdpLoadBalancer,
  type AwsUdpLoadBalancerArgs,
  Exposure,
  HealthCheckProtocol,
  Protocol,
  TargetType,
} from "./index.ts";

const GAME = { name: "game", port: 7777, protocol: Protocol.Udp };
const QUERY = { name: "query", port: 9000, protocol: Protocol.Tcp };
const METRICS = {
  name: "metrics",
  port: 9090,
  protocol: Protocol.Tcp,
  exposure: Exposure.Internal,
};
const ADDRESSES = [
  { allocationId: "eipalloc-1", ipAddress: "198.51.100.1" },
  { allocationId: "eipalloc-2", ipAddress: "198.51.100.2" },
];
const ARGS: AwsUdpLoadBalancerArgs = {
  vpcId: "vpc-1",
  subnetIds: ["subnet-1", "subnet-2"],
  addresses: ADDRESSES,
  ports: [GAME, QUERY, METRICS],
  healthCheck: { port: 9090, path: "/readyz" },
};

const lb = (args: Partial<AwsUdpLoadBalancerArgs> = {}, name = "audio") =>
  run(() => new AwsUdpLoadBalancer(name, { ...ARGS, ...args }), clouds);

const no = (args: Partial<AwsUdpLoadBalancerArgs>, at: string, why: RegExp) =>
  refused(() => lb(args), at, why);

test("a load balancer takes an address in each subnet and crosses zones", async () => {
  const { one, result } = await lb();
  assert.deepEqual(one("LoadBalancer").inputs, {
    loadBalancerType: "network",
    internal: false,
    securityGroups: ["audio-lb-access-id"],
    subnetMappings: [
      { subnetId: "subnet-1", allocationId: "eipalloc-1" },
      { subnetId: "subnet-2", allocationId: "eipalloc-2" },
    ],
    enableCrossZoneLoadBalancing: true,
    enableDeletionProtection: false,
    ipAddressType: "ipv4",
    tags: { Name: "audio" },
  });
  assert.deepEqual(await resolved(result.endpoint), {
    addresses: ["198.51.100.1", "198.51.100.2"],
    hostname: "audio-lb.elb.us-east-2.amazonaws.com",
    ports: [
      { name: "game", port: 7777, protocol: "UDP" },
      { name: "query", port: 9000, protocol: "TCP" },
    ],
  });
});

test("trap 9: the health check is demanded, and none of it is left to AWS's defaults", async () => {
  await no(
    { healthCheck: undefined as never },
    "healthCheck",
    /no UDP health check.*Give the TCP port of a check/,
  );
  const { one } = await lb();
  assert.deepEqual(one("audio-game").inputs.healthCheck, {
    protocol: "HTTP",
    port: "9090",
    path: "/readyz",
    matcher: "200-399",
    interval: 10,
    timeout: 6,
    healthyThreshold: 3,
    unhealthyThreshold: 3,
  });
  const tcp = await lb({ ports: [GAME], healthCheck: { port: 9000 } });
  const { protocol, path, matcher } = tcp.one("TargetGroup").inputs.healthCheck;
  assert.deepEqual([protocol, path, matcher], ["TCP", undefined, undefined]);
});

test("trap 10: there is a security group from birth on", async () => {
  for (const args of [{}, { ports: [GAME] }, { internal: true, addresses: undefined as never }]) {
    const { one } = await lb(args);
    assert.equal(one("LoadBalancer").inputs.securityGroups.length, 1);
  }
});

test("trap 11: targets let in the ports and the health check, from the load balancer alone", async () => {
  const { resources } = await lb({ healthCheck: { port: 8081 }, sourceRanges: ["203.0.113.0/24"] });
  const rules = (into: string) =>
    resources
      .filter(({ type, inputs }) => type.endsWith("IngressRule") && inputs.securityGroupId === into)
      .map(({ inputs }) => [
        inputs.ipProtocol,
        inputs.fromPort,
        inputs.toPort,
        inputs.referencedSecurityGroupId ?? inputs.cidrIpv4,
      ]);
  assert.deepEqual(rules("audio-target-access-id"), [
    ["udp", 7777, 7777, "audio-lb-access-id"],
    ["tcp", 9000, 9000, "audio-lb-access-id"],
    ["tcp", 8081, 8081, "audio-lb-access-id"],
    ["tcp", 9090, 9090, "audio-target-access-id"],
  ]);
  assert.deepEqual(rules("audio-lb-access-id"), [
    ["udp", 7777, 7777, "203.0.113.0/24"],
    ["tcp", 9000, 9000, "203.0.113.0/24"],
  ]);
  const out = resources.filter(({ type }) => type.endsWith("EgressRule"));
  const fromLb = out.filter(({ inputs }) => inputs.securityGroupId === "audio-lb-access-id");
  assert.deepEqual(
    fromLb.map(({ inputs }) => inputs.referencedSecurityGroupId),
    Array(3).fill("audio-target-access-id"),
  );
});

test("trap 12: no load balancer and no target group has a fixed name, and long names are cut", async () => {
  const { resources } = await lb({}, "a-service-with-a-really-long-name");
  const named = resources.filter(({ type }) => /:(LoadBalancer|TargetGroup)$/.test(type));
  assert.equal(named.length, 3);
  for (const { name, inputs } of named) {
    assert.ok(name.length <= 24, name);
    assert.deepEqual([inputs.name, inputs.namePrefix], [undefined, undefined]);
  }
  assert.equal(new Set(named.map(({ name }) => name)).size, 3);
});

test("trap 13: with static addresses the old load balancer goes before the new one comes", async () => {
  assert.equal((await lb()).one("LoadBalancer").deleteBeforeReplace, true);
  const { one } = await lb({ addresses: undefined as never });
  assert.equal(one("LoadBalancer").deleteBeforeReplace, false);
  assert.equal(one("LoadBalancer").inputs.enableCrossZoneLoadBalancing, false);
});

test("trap 14: whoever uses a target group waits for its listener", async () => {
  const { resources } = await run(() => {
    const made = new AwsUdpLoadBalancer("audio", ARGS);
    return new AwsUdpLoadBalancer("user", {
      ...ARGS,
      vpcId: made.targets.apply(([first]) => first?.targetGroupArn ?? ""),
    });
  }, clouds);
  const group = resources.find(({ name }) => name === "user-game");
  assert.ok(group?.dependencies.some((urn) => urn.endsWith("Listener::audio-game-listener")));
});

test("trap 15: TCP and UDP on one number share a listener, and both are let in", async () => {
  const { one, resources } = await lb({
    ports: [GAME, { ...GAME, name: "tcp", protocol: Protocol.Tcp }],
  });
  assert.equal(one("Listener").inputs.protocol, "TCP_UDP");
  assert.equal(one("TargetGroup").inputs.protocol, "TCP_UDP");
  const transports = resources
    .filter(({ inputs }) => inputs.cidrIpv4 === "0.0.0.0/0" && inputs.fromPort === 7777)
    .map(({ inputs }) => inputs.ipProtocol);
  assert.deepEqual(transports, ["udp", "tcp"]);
});

test("trap 17: the client's address is kept, and for UDP nothing else is taken", async () => {
  await no({ preserveClientIp: false }, "preserveClientIp", /always keeps.*UDP \("game"\)/);
  const { one } = await lb({ ports: [QUERY], preserveClientIp: false });
  assert.equal(one("TargetGroup").inputs.preserveClientIp, "false");
  assert.equal((await lb({ ports: [GAME] })).one("TargetGroup").inputs.preserveClientIp, "true");
});

test("trap 38: an internal port has no listener", async () => {
  const { resources } = await lb();
  const listeners = resources.filter(({ type }) => type.endsWith(":Listener"));
  assert.deepEqual(
    listeners.map(({ inputs }) => [inputs.port, inputs.protocol]),
    [
      [7777, "UDP"],
      [9000, "TCP"],
    ],
  );
});

test("a target on its way out loses its flows instead of keeping them for ever", async () => {
  const { inputs } = (await lb({ ports: [GAME] })).one("TargetGroup");
  assert.equal(inputs.connectionTermination, true);
  assert.equal(inputs.deregistrationDelay, 30);
  assert.deepEqual(inputs.stickiness, { enabled: false, type: "source_ip" });
});

test("targets that are known are attached to every port", async () => {
  const { resources } = await lb({
    ports: [{ ...GAME, targetPort: 17_777 }, QUERY],
    targetType: TargetType.Instance,
    targets: ["i-1", "i-2"],
  });
  const attached = resources.filter(({ type }) => type.endsWith(":TargetGroupAttachment"));
  assert.deepEqual(
    attached.map(({ inputs }) => [inputs.targetId, inputs.port]),
    [
      ["i-1", 17_777],
      ["i-2", 17_777],
      ["i-1", 9000],
      ["i-2", 9000],
    ],
  );
});

test("dual stack asks for both families and for IPv6 source NAT", async () => {
  const { one, resources } = await lb({ dualStack: true });
  const { ipAddressType, enablePrefixForIpv6SourceNat } = one("LoadBalancer").inputs;
  assert.deepEqual([ipAddressType, enablePrefixForIpv6SourceNat], ["dualstack", "on"]);
  const anyone = resources.filter(({ inputs }) => inputs.securityGroupId === "audio-lb-access-id");
  assert.ok(anyone.some(({ inputs }) => inputs.cidrIpv6 === "::/0" && inputs.fromPort === 7777));
});

test("mistakes are refused by their place, with the way out", async () => {
  await no({ ports: [METRICS] }, "ports", /no PUBLIC port/);
  const many = Array.from({ length: 51 }, (_, n) => ({ ...GAME, name: `p${n}`, port: 7000 + n }));
  await no({ ports: many }, "ports", /51 listeners.*takes 50/);
  await no({ addresses: ADDRESSES.slice(1) }, "addresses", /1 for 2 subnets.*count of 2/);
  await no({ internal: true }, "addresses", /are public/);
  await no({ targetType: "lambda" as TargetType }, "targetType", /instance or ip/);
  await no({ deregistrationDelaySeconds: 3601 }, "deregistrationDelaySeconds", /0 to 3600/);
  const health = (extra: object, at: string, why: RegExp) =>
    no({ healthCheck: { port: 9090, ...extra } }, `healthCheck.${at}`, why);
  await health({ port: 0 }, "port", /1 to 65535/);
  await health({ protocol: "UDP" as HealthCheckProtocol }, "protocol", /TCP, HTTP or HTTPS/);
  await health({ protocol: HealthCheckProtocol.Http }, "path", /is missing/);
  await health({ protocol: HealthCheckProtocol.Tcp, path: "/x" }, "path", /TCP only connects/);
  await health({ path: "x" }, "path", /does not begin with/);
  await health({ intervalSeconds: 4 }, "intervalSeconds", /5 to 300/);
  await health(
    { intervalSeconds: 5, timeoutSeconds: 6 },
    "timeoutSeconds",
    /more than the interval/,
  );
  await health({ healthyThreshold: 11 }, "healthyThreshold", /2 to 10/);
});
