import assert from "node:assert/strict";
import { test } from "node:test";
import { stackResources } from "../stack-preview.ts";
import { estimate } from "./estimate.ts";

async function linesOf(stack: string): Promise<Readonly<Record<string, number>>> {
  const resources = await stackResources(stack);
  const { lines } = estimate(resources.filter(({ custom }) => custom));
  const counted: Record<string, number> = {};
  for (const { what } of lines) {
    counted[what] = (counted[what] ?? 0) + 1;
  }
  return counted;
}

test("AWS: the NAT gateway and every address are told", async () => {
  assert.deepEqual(await linesOf("aws-us-east-2"), {
    "aws NAT gateway": 1,
    "aws gp3 disk, 10 GB": 1,
    "aws fargate, 1 × 0.25 vCPU, 0.5 GB, x86_64": 2,
    "aws fargate, 2 × 0.25 vCPU, 0.5 GB, x86_64": 2,
    "aws hosted zone": 1,
    "aws instance t3.micro": 1,
    "aws network load balancer": 1,
    // The load balancer's two, the instance's, the NAT gateway's.
    "aws public IPv4 address": 4,
  });
});

test("AKS: the address and the rules of workload and director", async () => {
  assert.deepEqual(await linesOf("prod"), {
    "azure Standard public IPv4 address": 1,
    "azure load balancer, 3 rules": 1,
  });
});

test("DigitalOcean: the droplet has a price, so the sum is all that the stack makes", async () => {
  const resources = await stackResources("do-nyc1");
  const { lines, monthlyUsd } = estimate(resources.filter(({ custom }) => custom));
  assert.deepEqual(
    lines.filter((line) => line.monthlyUsd === undefined),
    [],
  );
  assert.equal(monthlyUsd, 6);
});

test("clusters of one's own cost nothing that the stack makes", async () => {
  assert.deepEqual(await linesOf("pi-home"), {});
});
