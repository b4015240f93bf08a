import assert from "node:assert/strict";
import { test } from "node:test";
import { kindConfig, poolOf } from "./kind-cluster.ts";

test("the pool is the end of Docker's network, whichever of its subnets comes first", () => {
  assert.equal(
    poolOf(["fc00:f853:ccd:e793::/64", "172.18.0.0/16"]),
    "172.18.255.200-172.18.255.220",
  );
  assert.throws(() => poolOf(["fc00::/64"]), /no IPv4 network of 16 bits among fc00::\/64/);
});

test("the first node is the control plane", () => {
  assert.deepEqual(
    kindConfig(2).nodes.map(({ role }) => role),
    ["control-plane", "worker"],
  );
});
