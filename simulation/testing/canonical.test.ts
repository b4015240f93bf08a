import assert from "node:assert/strict";
import { test } from "node:test";
import { canonical } from "./canonical.ts";

const stack = (vpc: string, subnetsVpc: string, address: string, droplet: number) => [
  { id: vpc, name: "edge", created: address },
  { id: `subnet-${vpc.slice(4)}`, vpcId: subnetsVpc, address, droplet, nodePort: droplet },
];
const first = stack("vpc-0123456789abcdef0", "vpc-0123456789abcdef0", "192.0.2.1", 312_345_678);

test("two stacks with other identifiers in the same places are the same", () => {
  const other = stack("vpc-f0f0f0f0f0f0f0f01", "vpc-f0f0f0f0f0f0f0f01", "203.0.113.9", 399_999_999);
  assert.deepEqual(canonical(other), canonical(first));
});

test("a reference to something else, and another value, are differences", () => {
  const elsewhere = stack(
    "vpc-0123456789abcdef0",
    "vpc-f0f0f0f0f0f0f0f01",
    "192.0.2.1",
    312_345_678,
  );
  assert.notDeepEqual(canonical(elsewhere), canonical(first));
  assert.notDeepEqual(canonical([{ port: 8000 }]), canonical([{ port: 8001 }]));
  assert.notDeepEqual(canonical([{ state: "Succeeded" }]), canonical([{ state: "Failed" }]));
});

test("a generated name is one without a digit in it, too", () => {
  const named = (suffix: string) => [{ name: `relay-profile-${suffix}`, zone: "a-feed-b" }];
  assert.deepEqual(canonical(named("efbfdbf")), canonical(named("0123abc")));
  assert.notDeepEqual(canonical(named("efbfdbfx")), canonical(named("0123abc")));
});
