import assert from "node:assert/strict";
import { test } from "node:test";
import { type Costing, estimate } from "./estimate.ts";
import { HOURS_PER_MONTH, PRICES, type Price } from "./prices.ts";
import { costTable } from "./table.ts";

const resource = (type: string, inputs = {}, more: Partial<Costing> = {}): Costing => ({
  ...{ urn: `urn:${type}`, type, name: "x", inputs, propertyDependencies: {} },
  ...more,
});
const sum = (...resources: Costing[]) => Number(estimate(resources).monthlyUsd.toFixed(2));

test("every price has a page and a month in which it was read", () => {
  for (const [name, price] of Object.entries<Price>(PRICES)) {
    assert.match(price.source, /^https:\/\/[^ ]+$/, name);
    assert.match(price.read, /^20\d\d-(0[1-9]|1[0-2])$/, name);
    assert.ok(price.usd >= 0 && price.usd < (price.per === "hour" ? 1 : 100), name);
  }
});

test("what is always on costs its hours", () => {
  assert.equal(HOURS_PER_MONTH, 730);
  assert.equal(sum(resource("aws:ec2/natGateway:NatGateway")), 32.85);
  assert.equal(sum(resource("aws:ec2/eip:Eip"), resource("aws:ec2/eip:Eip")), 7.3);
  assert.equal(sum(resource("aws:ec2/instance:Instance", { instanceType: "t3.micro" })), 7.59);
  const rootBlockDevice = { volumeSize: 10, volumeType: "gp3" };
  const withDisk = { instanceType: "t3.micro", rootBlockDevice };
  assert.equal(sum(resource("aws:ec2/instance:Instance", withDisk)), 8.39);
  assert.equal(sum(resource("azure-native:network:PublicIPAddress")), 3.65);
  assert.equal(
    sum(resource("azure-native:network:PublicIPAddress", { publicIPAddressVersion: "IPv6" })),
    0,
  );
});

test("basic droplets cost by the month, whatever its hours, and their addresses nothing", () => {
  const droplet = (size: string) => resource("digitalocean:index/droplet:Droplet", { size });
  const sizes = ["s-1vcpu-512mb-10gb", "s-1vcpu-1gb", "s-1vcpu-2gb", "s-2vcpu-2gb"];
  assert.deepEqual(
    [...sizes, "s-2vcpu-4gb", "s-4vcpu-8gb", "s-8vcpu-16gb"].map((size) => sum(droplet(size))),
    [4, 6, 12, 18, 24, 48, 96],
  );
  assert.equal(
    sum(droplet("s-1vcpu-1gb"), resource("digitalocean:index/reservedIp:ReservedIp")),
    6,
  );
});

test("tasks cost by number, size and architecture, and by their addresses", () => {
  const definition = (inputs: object) =>
    resource("aws:ecs/taskDefinition:TaskDefinition", inputs, { urn: "urn:definition" });
  const service = (inputs: object) =>
    resource("aws:ecs/service:Service", inputs, {
      propertyDependencies: { taskDefinition: ["urn:other", "urn:definition"] },
    });
  const small = definition({ cpu: "256", memory: "512" });
  // 2 × (0.25 × 0.04048 + 0.5 × 0.004445) × 730
  assert.equal(sum(small, service({ desiredCount: 2 })), 18.02);
  assert.equal(sum(small, service({ desiredCount: 0 })), 0);
  const arm = definition({
    ...{ cpu: "1024", memory: "2048", runtimePlatform: { cpuArchitecture: "ARM64" } },
  });
  // (0.03238 + 2 × 0.00356) × 730
  assert.equal(sum(arm, service({ desiredCount: 1 })), 28.84);
  const open = { desiredCount: 2, networkConfiguration: { assignPublicIp: true } };
  assert.equal(sum(small, service(open)), 25.32);
  assert.deepEqual(
    estimate([service({ desiredCount: 2 })]).lines.map(({ monthlyUsd }) => monthlyUsd),
    [undefined],
  );
});

test("names inside a VPC cost their hosted zone, once for all of them", () => {
  const namespace = resource("aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace");
  const name = resource("aws:servicediscovery/service:Service");
  const { monthlyUsd, usage } = estimate([namespace, name, name]);
  assert.equal(monthlyUsd, 0.5);
  assert.match(usage.join(), /0\.40 for each million queries/);
});

test("rules of Azure's load balancer are those of all ports, the first five together", () => {
  const service = (ports: number, annotations: object = {}) =>
    resource("kubernetes:core/v1:Service", {
      metadata: {
        annotations: { "service.beta.kubernetes.io/azure-pip-name": "x", ...annotations },
      },
      spec: { type: "LoadBalancer", ports: Array.from({ length: ports }, () => ({})) },
    });
  assert.equal(sum(service(2), service(3)), 18.25);
  assert.equal(sum(service(5), service(2)), 32.85);
  const elsewhere = resource("kubernetes:core/v1:Service", {
    spec: { type: "LoadBalancer", ports: [{}] },
  });
  assert.deepEqual(estimate([elsewhere]).lines, []);
});

test("no price is guessed: what the table lacks is unknown, in the lines and below the sum", () => {
  const result = estimate([
    resource("aws:ec2/instance:Instance", {
      ...{ instanceType: "m5.24xlarge", rootBlockDevice: { volumeSize: 10, volumeType: "io2" } },
    }),
    resource("digitalocean:index/droplet:Droplet", { size: "s-8vcpu-16gb-amd" }),
    resource("aws:rds/instance:Instance"),
    resource("aws:ec2/vpcEndpoint:VpcEndpoint", { vpcEndpointType: "Interface" }),
    resource("aws:ec2/natGateway:NatGateway"),
  ]);
  assert.deepEqual(
    result.lines.map(({ what, monthlyUsd }) => [what, monthlyUsd?.toFixed(2)]),
    [
      ["aws instance m5.24xlarge", undefined],
      ["aws io2 disk, 10 GB", undefined],
      ["digitalocean droplet s-8vcpu-16gb-amd", undefined],
      ["aws:rds/instance:Instance", undefined],
      ["aws Interface endpoint", undefined],
      ["aws NAT gateway", "32.85"],
    ],
  );
  const text = costTable("demo", result);
  assert.match(text, /^x +aws instance m5\.24xlarge +unknown$/m);
  assert.match(text, /^sum of demo +list prices, always on +32\.85$/m);
  assert.match(text, /^Not in the sum: 5 lines without a known price\.$/m);
  assert.match(text, /^On top, by use: USD 0\.045 for each GB through a NAT gateway/m);
});

test("what configures other things is free, and gateways to S3 are", () => {
  for (const type of [
    ...["aws:ec2/vpc:Vpc", "aws:lb/listener:Listener", "aws:iam/role:Role"],
    ...["azure-native:resources:ResourceGroup", "azure-native:network:VirtualNetwork"],
    ...["digitalocean:index/firewall:Firewall", "kubernetes:apps/v1:Deployment"],
    ...["cloudflare:index/dnsRecord:DnsRecord", "aws:ec2/vpcEndpoint:VpcEndpoint"],
  ]) {
    assert.deepEqual(estimate([resource(type)]).lines, [], type);
  }
});
