import assert from "node:assert/strict";
import { test } from "node:test";
import { noAddressLine } from "./no-address.ts";

const TIMED_OUT =
  '2 errors occurred: * the Kubernetes API server reported that "games/relay" failed to fully initialize or become live: timed out waiting to be Ready * Service was not allocated an IP address; does your cloud provider support this?';
const service = (annotations?: Record<string, string>) => ({
  errors: [TIMED_OUT],
  newInputs: { metadata: { name: "relay", namespace: "games", annotations } },
});

test("a Service without an address is told apart: one that is taken, and an empty pool", () => {
  const asked = { "metallb.io/loadBalancerIPs": "192.168.1.200" };
  const taken = noAddressLine("MetalLB", service(asked)) ?? "";
  assert.match(taken, /^Service games\/relay got no address: 192\.168\.1\.200 is asked for/);
  assert.match(taken, /another Service has or no pool of MetalLB holds/);
  assert.match(taken, /"kubectl describe service -n games relay"/);
  const cilium = { "lbipam.cilium.io/ips": "10.0.150.205" };
  assert.match(noAddressLine("Cilium", service(cilium)) ?? "", /10\.0\.150\.205 is asked for/);
  assert.match(noAddressLine("MetalLB", service()) ?? "", /MetalLB has none to give/);
  for (const line of [taken, noAddressLine("MetalLB", service())]) {
    assert.doesNotMatch(line ?? "\n", /\n/);
  }
});

test("any other failure speaks for itself", () => {
  for (const errors of [[], ["services is forbidden"], ["Service does not target any Pods"]]) {
    assert.equal(noAddressLine("MetalLB", { ...service(), errors }), undefined);
  }
});
