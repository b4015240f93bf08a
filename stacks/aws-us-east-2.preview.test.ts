import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { isUnknown, type Value } from "../components/provider/index.ts";
import { type Json, type Preview, previewed, refusal, wellParented } from "./testing/previewed.ts";

/** `udp 4434 from 0.0.0.0/0`, or from a group, of every rule of one that is named so. */
const rules = (stack: Preview, kind: string, prefix: string): string[] =>
  stack
    .all(kind)
    .filter(({ name }) => name.startsWith(prefix))
    .map(({ given }) => {
      const port = given.fromPort === undefined ? "" : ` ${given.fromPort}`;
      return `${given.ipProtocol}${port} ${given.cidrIpv4 ?? "group"}`;
    })
    .toSorted();

let shown: Promise<Preview> | undefined;
const stackOf = (): Promise<Preview> => (shown ??= previewed("aws-us-east-2"));

test("aws-us-east-2: the network of the document, in two zones, with one way out", async () => {
  const stack = await stackOf();
  assert.equal(stack.one("Vpc").given.cidrBlock, "10.0.0.0/16");
  assert.deepEqual(
    stack
      .all("Subnet")
      .map(({ given }) => `${given.availabilityZone} ${given.cidrBlock}`)
      .toSorted(),
    [
      "us-east-2a 10.0.1.0/24",
      "us-east-2a 10.0.2.0/24",
      "us-east-2b 10.0.3.0/24",
      "us-east-2b 10.0.4.0/24",
    ],
  );
  stack.one("InternetGateway");
  stack.one("NatGateway");
  assert.equal(stack.one("aws", "aws").given.region, "us-east-2");
  for (const { type, custom, provider, name } of stack.resources) {
    if (custom && type.startsWith("aws:")) {
      assert.match(provider, /pulumi:providers:aws::aws::/, name);
    }
  }
  wellParented(stack);
});

test("aws-us-east-2: UDP 4434 and 4433 on the load balancer, checked over HTTP beside them", async () => {
  const stack = await stackOf();
  assert.deepEqual(
    stack
      .all("Listener")
      .map(({ given }) => `${given.protocol} ${given.port}`)
      .toSorted(),
    ["UDP 4433", "UDP 4434"],
  );
  for (const { given } of stack.all("TargetGroup")) {
    const { protocol, port, path } = given.healthCheck;
    assert.deepEqual([protocol, port, path], ["HTTP", "8081", "/readyz"]);
  }
  assert.equal(stack.all("Eip").filter(({ protect }) => protect).length, 3);
});

test("aws-us-east-2: the three groups let in what the document says", async () => {
  const stack = await stackOf();
  const kind = "SecurityGroupIngressRule";
  // The intermediate server.
  assert.deepEqual(rules(stack, kind, "instance-"), [
    "tcp 22 203.0.113.7/32",
    "udp 4433 0.0.0.0/0",
  ]);
  // The connectors: by way of the load balancer, which everybody reaches.
  const edge = rules(stack, kind, "edge-");
  for (const rule of [
    "udp 4434 0.0.0.0/0",
    "udp 4433 0.0.0.0/0",
    "udp 4434 group",
    "tcp 8081 group",
  ]) {
    assert.ok(edge.includes(rule), `${rule} is not in ${edge.join(", ")}`);
  }
  assert.ok(!edge.includes("tcp 8081 0.0.0.0/0"));
  // They may go anywhere.
  assert.ok(rules(stack, "SecurityGroupEgressRule", "edge-").includes("-1 0.0.0.0/0"));
  // Backends: nobody but the connectors.
  assert.deepEqual(rules(stack, kind, "backends-"), ["tcp 27960 group", "tcp 8080 group"]);
  // A task that reaches no registry never starts.
  assert.ok(rules(stack, "SecurityGroupEgressRule", "backends-").includes("-1 0.0.0.0/0"));
  assert.ok(isUnknown(stack.outputs.backendSecurityGroupId as Value));
});

test("aws-us-east-2: services run the images of the stack's repositories", async () => {
  const stack = await stackOf();
  assert.deepEqual(
    stack
      .all("Repository")
      .map(({ given }) => given.name)
      .toSorted(),
    ["ztna/app-connector", "ztna/http-app", "ztna/intermediate-server", "ztna/quakekube"],
  );
  for (const [name, repository] of [
    ["relay", "ztna-app-connector-repository"],
    ["controller", "ztna-intermediate-server-repository"],
    ["http-app", "ztna-http-app-repository"],
    ["quakekube", "ztna-quakekube-repository"],
  ] as const) {
    const task = stack.one("TaskDefinition", `${name}-task`);
    const needed = task.propertyDependencies.containerDefinitions ?? [];
    assert.ok(needed.includes(stack.one("Repository", repository).urn), name);
    const service = stack.one("Service", `${name}-service`);
    assert.equal(service.given.networkConfiguration.assignPublicIp, false);
  }
  assert.deepEqual(Object.keys(stack.outputs).toSorted(), [
    "backendHostnames",
    "backendSecurityGroupId",
    "endpoint",
    "endpoints",
    "repositories",
  ]);
});

test("aws-us-east-2: relays find http-app and Quake by name, and nobody else gets to them", async () => {
  const stack = await stackOf();
  const { name, vpc } = stack.one("PrivateDnsNamespace").given;
  assert.equal(name, "backends.internal");
  assert.ok(isUnknown(vpc));
  const group = stack.one("SecurityGroup", "backends-access").urn;
  for (const [backend, port] of [
    ["http-app", 8080],
    ["quakekube", 27_960],
  ] as const) {
    const registry = stack.one("servicediscovery/service:Service", `${backend}-name`);
    assert.equal(registry.given.name, backend);
    const service = stack.one("Service", `${backend}-service`);
    assert.deepEqual(service.propertyDependencies.serviceRegistries, [registry.urn]);
    assert.equal(service.given.loadBalancers, undefined);
    assert.deepEqual(service.given.networkConfiguration.securityGroups.length, 1);
    assert.ok(service.propertyDependencies.networkConfiguration?.includes(group));
    const ports = stack
      .all("SecurityGroupIngressRule")
      .filter(({ given }) => given.fromPort === port);
    assert.deepEqual(
      ports.map((rule) => rule.name),
      [`backends-tcp-${port}`],
    );
  }
  // What the relay is told is that name.
  const file = path.resolve(import.meta.dirname, "..", "Pulumi.aws-us-east-2.yaml");
  const [relay] = parse(readFileSync(file, "utf8")).config["udp:aws"].services;
  assert.equal(relay.environment.BACKEND, "http-app.backends.internal:8080");
});

test("backends of other stacks alone need a group and no names", async () => {
  const stack = await previewed("none", {
    "udp:platform": "aws",
    "udp:aws": { ...SETTINGS, backends: [{ port: 8080, protocol: "TCP" }] },
  });
  stack.one("SecurityGroup", "backends-access");
  assert.equal(stack.all("PrivateDnsNamespace").length, 0);
  assert.equal(stack.outputs.backendHostnames, undefined);
});

test("aws-us-east-2: the instance runs the intermediate server, under a name of its own", async () => {
  const stack = await stackOf();
  const { given } = stack.one("Instance", "instance-instance");
  assert.deepEqual([given.instanceType, given.keyName], ["t3.micro", "admin"]);
  const { write_files } = parse(given.userData);
  assert.ok(write_files.some(({ path }: Json) => path.endsWith("/intermediate-server.service")));
  const names = stack
    .all("DnsRecord")
    .map((record) => `${record.given.name} ${record.given.proxied}`);
  assert.deepEqual(names.toSorted(), [
    "intermediate-us-east-2.example.com false",
    "relay-us-east-2.example.com false",
    "relay-us-east-2.example.com false",
  ]);
});

const SETTINGS = {
  network: { zones: [{ name: "us-east-2a" }] },
  services: [
    {
      name: "relay",
      image: "ghcr.io/example/relay:1.0",
      ports: [{ name: "p2p", port: 4434, protocol: "UDP" }],
    },
  ],
  healthCheck: { port: 8081 },
};

test("a public image, no NAT and no instance: tasks get public addresses", async () => {
  const stack = await previewed("none", {
    "udp:platform": "aws",
    "udp:aws": { ...SETTINGS, network: { ...SETTINGS.network, natGateways: "NONE" } },
  });
  assert.equal(stack.all("NatGateway").length, 0);
  assert.equal(stack.all("Instance").length, 0);
  assert.equal(stack.one("Service").given.networkConfiguration.assignPublicIp, true);
  assert.equal(stack.all("Repository").length, 0);
});

test("everything that is wrong is told at once, with its path", async () => {
  const [service] = SETTINGS.services;
  const message = await refusal({
    "udp:platform": "aws",
    "udp:aws": {
      ...SETTINGS,
      network: { zones: [{ name: "us-east-2a" }, { name: "us-west-2a" }] },
      services: [{ ...service, cpu: 300, repository: "ztna/relay" }],
      instance: { ports: service?.ports, keyName: "admin" },
      backendServices: [
        { name: "relay", image: "app:1", ports: [{ port: 80, protocol: "TCP" }], cpu: 300 },
        { name: "web", ports: [], repository: "ztna/web", tag: "1", writablePaths: ["tmp"] },
      ],
      backendDomain: "internal",
    },
  });
  for (const line of [
    /udp:aws\.network\.zones\[1\]\.name: is in us-west-2/,
    /udp:aws\.services\[0\]\.image: and repository: give exactly one/,
    /udp:aws\.services\[0\]\.tag: goes with repository/,
    /udp:aws\.services\[0\]\.cpu: 300 is no size/,
    /udp:aws\.backendServices\[0\]\.name: "relay" is not allowed: another service/,
    /udp:aws\.backendServices\[0\]\.cpu: 300 is no size/,
    /udp:aws\.backendServices\[1\]\.ports: /,
    /udp:aws\.backendServices\[1\]\.repository: "ztna\/web" is not allowed/,
    /udp:aws\.backendServices\[1\]\.writablePaths\[0\]: "tmp" is no folder/,
    /udp:aws\.backendDomain: "internal" is no domain/,
    /udp:aws\.instance\.keyName: is given, but nobody may connect/,
  ]) {
    assert.match(message, line);
  }
});

test("ports of services that collide, and a repository that is not made", async () => {
  const [service] = SETTINGS.services;
  const { image: _, ...rest } = service ?? {};
  const message = await refusal({
    "udp:platform": "aws",
    "udp:aws": {
      ...SETTINGS,
      services: [service, { ...rest, name: "other", repository: "ztna/other", tag: "1" }],
    },
  });
  assert.match(message, /services\[1\]\.repository: "ztna\/other" is not allowed/);
  assert.match(message, /udp:aws\.services\[1\]\.ports\[0\]\.(name|port): /);
});
