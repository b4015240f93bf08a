import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Exposure, Protocol, resolvePorts } from "../endpoint/index.ts";
import { refused } from "../testing/refused.ts";
import { mergeListeners } from "./listeners.ts";

const UDP = { name: "game", port: 7777, protocol: Protocol.Udp };
const TCP = { name: "game-tcp", port: 7777, protocol: Protocol.Tcp };

test("trap 15: UDP and TCP on one number are one TCP_UDP listener, named after the UDP port", () => {
  const merged = {
    name: "game",
    port: 7777,
    targetPort: 7777,
    protocol: "TCP_UDP",
  };
  for (const ports of [
    [UDP, TCP],
    [TCP, UDP],
  ]) {
    const [listener, ...others] = mergeListeners(resolvePorts(ports));
    assert.deepEqual(others, []);
    const { names, ...rest } = listener ?? { names: [] };
    assert.deepEqual(rest, merged);
    assert.deepEqual([...names].sort(), ["game", "game-tcp"]);
  }
});

test("one number that leads to two ports of the target is refused", () =>
  refused(
    () => mergeListeners(resolvePorts([UDP, { ...TCP, targetPort: 7778 }])),
    "ports[1].targetPort",
    /7778 differs from 7777 of "game".*use the same/,
  ));

test("every public port is served once, by a listener of its number and protocol", () => {
  const port = fc.record({
    port: fc.integer({ min: 1, max: 6 }),
    protocol: fc.constantFrom(Protocol.Udp, Protocol.Tcp),
    exposure: fc.constantFrom(Exposure.Public, Exposure.Internal),
  });
  const ports = fc.uniqueArray(port, {
    minLength: 1,
    selector: ({ port: number, protocol }) => `${protocol} ${number}`,
  });
  fc.assert(
    fc.property(ports, (list) => {
      const given = resolvePorts(list.map((one, index) => ({ ...one, name: `p${index}` })));
      const listeners = mergeListeners(given);
      assert.equal(new Set(listeners.map((one) => one.port)).size, listeners.length);
      for (const one of given) {
        const serving = listeners.filter(({ names }) => names.includes(one.name));
        assert.equal(serving.length, one.exposure === Exposure.Public ? 1 : 0);
        for (const { port: number, protocol } of serving) {
          assert.equal(number, one.port);
          assert.ok(protocol.split("_").includes(one.protocol));
        }
      }
    }),
  );
});
