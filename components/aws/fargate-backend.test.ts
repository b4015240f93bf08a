import assert from "node:assert/strict";
import { test } from "node:test";
import { clouds } from "../testing/clouds.ts";
import { resolved, run } from "../testing/mocks.ts";
import { refused } from "../testing/refused.ts";
import {
  AwsBackendAccess,
  AwsFargateBackend,
  type AwsFargateBackendArgs,
  AwsPrivateNamespace,
  Protocol,
} from "./index.ts";

const ARGS: AwsFargateBackendArgs = {
  namespace: { namespaceId: "ns-1", domain: "backends.internal" },
  securityGroupId: "sg-backends",
  subnetIds: ["subnet-1", "subnet-2"],
  ports: [{ port: 8080, protocol: Protocol.Tcp }],
  image: "ghcr.io/example/http-app:1.0",
};

const backend = (args: Partial<AwsFargateBackendArgs> = {}) =>
  run(() => new AwsFargateBackend("http-app", { ...ARGS, ...args }), clouds);

test("tasks are registered under a name, not at a load balancer", async () => {
  const { one, result } = await backend();
  const { inputs } = one("aws:ecs/service:Service");
  assert.deepEqual(inputs.serviceRegistries, { registryArn: "arn:registry:http-app-name" });
  assert.deepEqual(inputs.networkConfiguration, {
    subnets: ["subnet-1", "subnet-2"],
    securityGroups: ["sg-backends"],
    assignPublicIp: false,
  });
  // ECS refuses a grace period without a load balancer.
  assert.deepEqual(
    [inputs.loadBalancers, inputs.healthCheckGracePeriodSeconds],
    [undefined, undefined],
  );
  assert.deepEqual(inputs.deploymentCircuitBreaker, { enable: true, rollback: true });
  const { name, dnsConfig } = one("aws:servicediscovery/service:Service").inputs;
  assert.equal(name, "http-app");
  assert.deepEqual(dnsConfig, {
    namespaceId: "ns-1",
    dnsRecords: [{ type: "A", ttl: 10 }],
    routingPolicy: "MULTIVALUE",
  });
  assert.equal(await resolved(result.hostname), "http-app.backends.internal");
});

test("only tasks that work are in answers, and an empty block does not do that", async () => {
  const { one } = await backend();
  const { healthCheckCustomConfig } = one("aws:servicediscovery/service:Service").inputs;
  assert.deepEqual(healthCheckCustomConfig, { failureThreshold: 1 });
});

test("a name goes although tasks that just ended are still registered", async () => {
  const { one } = await backend();
  assert.equal(one("aws:servicediscovery/service:Service").inputs.forceDestroy, true);
});

test("a command tells whether a task works, and folders can be written to", async () => {
  const healthCommand = ["wget", "-q", "--spider", "http://127.0.0.1:8080/"];
  const { one } = await backend({ healthCommand, writablePaths: ["/tmp", "/var/cache/nginx"] });
  const { containerDefinitions, volumes } = one("TaskDefinition").inputs;
  const [container] = JSON.parse(containerDefinitions);
  assert.deepEqual(container.healthCheck, {
    ...{ interval: 30, timeout: 5, retries: 3, startPeriod: 60 },
    command: ["CMD", ...healthCommand],
  });
  assert.deepEqual(volumes, [{ name: "tmp" }, { name: "var-cache-nginx" }]);
  assert.deepEqual(container.mountPoints, [
    { sourceVolume: "tmp", containerPath: "/tmp" },
    { sourceVolume: "var-cache-nginx", containerPath: "/var/cache/nginx" },
  ]);
  assert.equal(container.readonlyRootFilesystem, true);
  assert.deepEqual(container.portMappings, [
    { containerPort: 8080, hostPort: 8080, protocol: "tcp" },
  ]);
  const [bare] = JSON.parse((await backend()).one("TaskDefinition").inputs.containerDefinitions);
  assert.deepEqual([bare.healthCheck, bare.mountPoints], [undefined, undefined]);
});

test("a name of its own, and mistakes in their place", async () => {
  const { result } = await backend({ hostname: "web" });
  assert.equal(await resolved(result.hostname), "web.backends.internal");
  const no = (args: Partial<AwsFargateBackendArgs>, at: string, why: RegExp) =>
    refused(() => backend(args), at, why);
  await no({ hostname: "Web" }, "hostname", /not one label/);
  await no({ ports: [] }, "ports", /at least one/);
  const twice = [...ARGS.ports, ...ARGS.ports];
  await no({ ports: twice }, "ports[1].port", /TCP 8080 is there twice/);
  await no({ writablePaths: ["/tmp", "/tmp"] }, "writablePaths[1]", /twice/);
  await no({ writablePaths: ["../tmp"] }, "writablePaths[0]", /no folder/);
});

test("a group lets one other in, and everything out", async () => {
  const { resources } = await run(
    () =>
      new AwsBackendAccess("backends", {
        vpcId: "vpc-1",
        fromSecurityGroupId: "sg-relays",
        ports: [...ARGS.ports, { port: 27960, protocol: Protocol.Udp }],
        tags: { team: "edge" },
      }),
    clouds,
  );
  const rules = resources.filter(({ type }) => type.endsWith("gressRule"));
  rules.sort((a, b) => (a.name < b.name ? -1 : 1));
  assert.deepEqual(
    rules.map(({ name, inputs }) => [
      name,
      inputs.ipProtocol,
      inputs.fromPort,
      inputs.referencedSecurityGroupId ?? inputs.cidrIpv4 ?? inputs.cidrIpv6,
    ]),
    [
      ["backends-out", "-1", undefined, "0.0.0.0/0"],
      ["backends-out6", "-1", undefined, "::/0"],
      ["backends-tcp-8080", "tcp", 8080, "sg-relays"],
      ["backends-udp-27960", "udp", 27960, "sg-relays"],
    ],
  );
  assert.ok(rules.every(({ inputs }) => inputs.tags.team === "edge"));
});

test("a namespace is of one VPC, and its name a domain", async () => {
  const names = (domain: string) =>
    run(() => new AwsPrivateNamespace("backends", { vpcId: "vpc-1", domain }), clouds);
  const { one, result } = await names("backends.internal");
  const { name, vpc } = one("PrivateDnsNamespace").inputs;
  assert.deepEqual([name, vpc], ["backends.internal", "vpc-1"]);
  assert.deepEqual(await resolved(result.namespace), {
    namespaceId: "ns-backends-namespace",
    domain: "backends.internal",
  });
  for (const wrong of [
    "internal",
    "Backends.internal",
    ".internal",
    "a..b",
    "backends.internal.",
  ]) {
    await refused(() => names(wrong), "domain", /no domain/);
  }
});
