import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { endpointsOf, type SliceAddressType } from "./endpoint-slice.ts";
import { readObject } from "./object.ts";

/** An EndpointSlice as the API server gives it. */
function slice(name: string, addressType: string, endpoints: unknown, ports: unknown = [GAME]) {
  const metadata = { name, namespace: "games", labels: { "kubernetes.io/service-name": "svc" } };
  const object = readObject({ metadata, addressType, endpoints, ports });
  assert.ok(object);
  return object;
}
const GAME = { name: "game", port: 7070, protocol: "UDP" };
const pod = (name: string, address: string, conditions?: object) => ({
  addresses: [address],
  targetRef: { kind: "Pod", name },
  ...(conditions === undefined ? {} : { conditions }),
});
const shown = (slices: Parameters<typeof endpointsOf>[0], type?: SliceAddressType) =>
  endpointsOf(slices, type).map(({ name, address, draining }) => {
    return `${name} ${address}${draining ? " draining" : ""}`;
  });

test("ready, serving and terminating decide, and missing conditions have their meaning", () => {
  const cases: [object | undefined, string | undefined][] = [
    [undefined, "p 10.1.0.1"],
    [{}, "p 10.1.0.1"],
    [{ ready: true, serving: true, terminating: false }, "p 10.1.0.1"],
    [{ ready: null }, "p 10.1.0.1"],
    [{ ready: false }, undefined],
    [{ ready: false, serving: true, terminating: false }, undefined],
    [{ ready: false, serving: true, terminating: true }, "p 10.1.0.1 draining"],
    [{ ready: false, serving: false, terminating: true }, undefined],
    // With publishNotReadyAddresses a terminating endpoint is called ready.
    [{ ready: true, serving: true, terminating: true }, "p 10.1.0.1 draining"],
  ];
  for (const [conditions, expected] of cases) {
    const all = shown([slice("s", "IPv4", [pod("p", "10.1.0.1", conditions)])]);
    assert.deepEqual(all, expected === undefined ? [] : [expected], JSON.stringify(conditions));
  }
});

test("a backend with both address types is one: IPv4 unless the other is asked for", () => {
  const both = [
    slice("six", "IPv6", [pod("a", "2001:db8::1"), pod("b", "2001:db8::2")]),
    slice("four", "IPv4", [pod("a", "10.1.0.1")]),
    slice("names", "FQDN", [pod("c", "c.example.com")]),
  ];
  assert.deepEqual(shown(both), ["a 10.1.0.1", "b 2001:db8::2"]);
  assert.deepEqual(shown(both.toReversed()), ["a 10.1.0.1", "b 2001:db8::2"]);
  assert.deepEqual(shown(both, "IPv6"), ["a 2001:db8::1", "b 2001:db8::2"]);
  assert.deepEqual(shown(both, "IPv4"), ["a 10.1.0.1"]);
});

test("an endpoint in two slices is listed once, and one without a pod is named by its address", () => {
  const draining = { ready: false, serving: true, terminating: true };
  const copies = [
    slice("old", "IPv4", [pod("a", "10.1.0.1", draining), { addresses: ["10.1.0.9"] }]),
    slice("new", "IPv4", [pod("a", "10.1.0.1")]),
  ];
  assert.deepEqual(shown(copies), ["10.1.0.9 10.1.0.9", "a 10.1.0.1"]);
});

test("ports are the backend's own, by name; what is no port is left out", () => {
  const ports = [GAME, { port: 9 }, { name: "voice", port: null }, { name: "x" }];
  const [endpoint] = endpointsOf([slice("s", "IPv4", [pod("a", "10.1.0.1")], ports)], undefined);
  assert.deepEqual(endpoint?.ports, [
    { name: "game", port: 7070 },
    { name: "", port: 9 },
  ]);
});

test("whatever a slice holds gives endpoints or none, each name once", () => {
  const name = fc.option(fc.constantFrom("a", "b", 7), { nil: undefined });
  const endpoint = fc.oneof(
    fc.record({
      addresses: fc.oneof(fc.array(fc.constantFrom("10.0.0.1", "::1", 3)), fc.jsonValue()),
      targetRef: fc.oneof(fc.record({ name }), fc.jsonValue()),
      conditions: fc.oneof(
        fc.record({ ready: fc.boolean(), terminating: fc.boolean() }),
        fc.jsonValue(),
      ),
    }),
    fc.jsonValue(),
  );
  const type = fc.constantFrom("IPv4", "IPv6", "FQDN");
  const slices = fc.array(fc.tuple(type, fc.oneof(fc.array(endpoint), fc.jsonValue())));
  fc.assert(
    fc.property(slices, (all) => {
      const found = endpointsOf(
        all.map(([addressType, endpoints], at) => slice(`s${at}`, addressType, endpoints)),
        undefined,
      );
      assert.equal(new Set(found.map((one) => one.name)).size, found.length);
      for (const one of found) assert.equal(typeof one.address, "string");
    }),
  );
});
