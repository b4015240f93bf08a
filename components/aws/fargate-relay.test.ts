import assert from "node:assert/strict";
import { test } from "node:test";
import { clouds } from "../testing/clouds.ts";
import { run } from "../testing/mocks.ts";
import { refused } from "../testing/refused.ts";
import { checkTargets } from "./fargate-relay-args.ts";
import {
  Architecture,
  AwsFargateRelay,
  type AwsFargateRelayArgs,
  AwsImageRepository,
  Protocol,
} from "./index.ts";

const ARGS: AwsFargateRelayArgs = {
  targets: [
    { ports: ["p2p"], targetGroupArn: "arn:p2p", targetPort: 4434 },
    { ports: ["health"], targetGroupArn: "arn:health", targetPort: 8080 },
  ],
  targetSecurityGroupId: "sg-targets",
  subnetIds: ["subnet-1", "subnet-2"],
  ports: [
    { name: "p2p", port: 4434, protocol: Protocol.Udp },
    { name: "health", port: 8080, protocol: Protocol.Tcp },
  ],
  image: "111122223333.dkr.ecr.us-east-2.amazonaws.com/ztna/app-connector:1.0",
};

const relay = (args: Partial<AwsFargateRelayArgs> = {}) =>
  run(() => new AwsFargateRelay("connector", { ...ARGS, ...args }), clouds);

test("tasks carry UDP and TCP, are registered in every target group, and are rolled back", async () => {
  const { one } = await relay();
  const { inputs } = one("aws:ecs/service:Service");
  assert.deepEqual(inputs.loadBalancers, [
    { targetGroupArn: "arn:p2p", containerName: "relay", containerPort: 4434 },
    { targetGroupArn: "arn:health", containerName: "relay", containerPort: 8080 },
  ]);
  assert.deepEqual(inputs.networkConfiguration, {
    subnets: ["subnet-1", "subnet-2"],
    securityGroups: ["sg-targets"],
    assignPublicIp: false,
  });
  assert.deepEqual(
    [inputs.desiredCount, inputs.platformVersion, inputs.deploymentCircuitBreaker],
    [2, "1.4.0", { enable: true, rollback: true }],
  );
  const [container] = JSON.parse(one("TaskDefinition").inputs.containerDefinitions);
  assert.deepEqual(container.portMappings, [
    { containerPort: 4434, hostPort: 4434, protocol: "udp" },
    { containerPort: 8080, hostPort: 8080, protocol: "tcp" },
  ]);
  assert.equal(container.readonlyRootFilesystem, true);
  assert.deepEqual(container.logConfiguration.options, {
    "awslogs-group": "connector-logs",
    "awslogs-region": "us-east-2",
    "awslogs-stream-prefix": "relay",
  });
});

test("ECS may read this image, these secrets and this log, and the workload nothing", async () => {
  const secret = "arn:aws:secretsmanager:us-east-2:111122223333:secret:tls-AbCdEf";
  const { one, resources } = await relay({
    repositoryArn: "arn:repository",
    secrets: { TLS_KEY: secret },
    environment: { ROLE: "connector" },
  });
  const policies = resources.filter(({ type }) => type.endsWith(":RolePolicy"));
  assert.equal(policies.length, 1);
  assert.equal(policies[0]?.inputs.role, "connector-execution");
  const { Statement } = JSON.parse(policies[0]?.inputs.policy);
  assert.deepEqual(
    Statement.map((one: { Resource: string[] }) => one.Resource),
    [["arn:logs:connector-logs:*"], ["*"], ["arn:repository"], [secret]],
  );
  const [container] = JSON.parse(one("TaskDefinition").inputs.containerDefinitions);
  assert.deepEqual(container.secrets, [{ name: "TLS_KEY", valueFrom: secret }]);
  assert.deepEqual(container.environment, [{ name: "ROLE", value: "connector" }]);
  assert.ok(one("connector-service").dependencies.some((urn) => urn.endsWith("execution-rights")));
  const bare = (await relay()).one("RolePolicy");
  assert.equal(JSON.parse(bare.inputs.policy).Statement.length, 1);
});

test("trap 16: a sixth target group is refused, when it is given and when it becomes known", async () => {
  const targets = Array.from({ length: 6 }, (_, n) => ({
    ports: [`p${n}`],
    targetGroupArn: `arn:${n}`,
    targetPort: 4000 + n,
  }));
  const why = /6 target groups.*takes 1 to 5/;
  await refused(() => relay({ targets }), "targets", why);
  await refused(() => checkTargets(targets), "targets", why);
});

test("sizes are Fargate's, and mistakes are refused by their place", async () => {
  const { one } = await relay({ cpu: 1024, architecture: Architecture.Arm64 });
  const { cpu, memory, runtimePlatform } = one("TaskDefinition").inputs;
  assert.deepEqual([cpu, memory, runtimePlatform.cpuArchitecture], ["1024", "2048", "ARM64"]);
  const no = (args: Partial<AwsFargateRelayArgs>, at: string, why: RegExp) =>
    refused(() => relay(args), at, why);
  await no({ cpu: 300 }, "cpu", /256, 512, 1024/);
  await no({ memory: 1536 }, "memory", /256 CPU units/);
  await no({ cpu: 1024, memory: 2500 }, "memory", /2048 to 8192 in steps of 1024/);
  await no({ desiredCount: -1 }, "desiredCount", /0 to 100/);
  await no(
    { environment: { A: "1" }, secrets: { A: "arn" } },
    'secrets["A"]',
    /in environment too/,
  );
});

test("a repository's tags stay where they are, and its images are scanned and cleaned up", async () => {
  const repository = (repositoryName: string, keepImages?: number) =>
    run(
      () =>
        new AwsImageRepository("connector", {
          repositoryName,
          ...(keepImages === undefined ? {} : { keepImages }),
        }),
      clouds,
    );
  const { one } = await repository("ztna/app-connector");
  const { name, imageTagMutability, imageScanningConfiguration } =
    one("connector-repository").inputs;
  assert.deepEqual(
    [name, imageTagMutability, imageScanningConfiguration],
    ["ztna/app-connector", "IMMUTABLE", { scanOnPush: true }],
  );
  const [rule] = JSON.parse(one("LifecyclePolicy").inputs.policy).rules;
  assert.equal(rule.selection.countNumber, 20);
  for (const wrong of ["Ztna", "a", "a//b", "a/", "x y"]) {
    await refused(() => repository(wrong), "repositoryName", /not a repository's name/);
  }
  await refused(() => repository("ok", 0), "keepImages", /1 to 1000/);
});
