import assert from "node:assert/strict";
import { test } from "node:test";
import { InputPropertyError } from "@pulumi/pulumi";
import fc from "fast-check";
import { Exposure, type PortArgs, Protocol, resolvePorts } from "./index.ts";

const AUDIO = { name: "audio", port: 8000, protocol: Protocol.Udp };

function refused(ports: readonly PortArgs[], propertyPath: string, reason: RegExp): void {
  assert.throws(
    () => resolvePorts(ports),
    (error) => {
      assert.ok(InputPropertyError.isInstance(error));
      assert.equal(error.propertyPath, propertyPath);
      assert.match(error.reason, reason);
      return true;
    },
  );
}

test("a port has its own number as target and is public", () => {
  assert.deepEqual(resolvePorts([AUDIO]), [
    { ...AUDIO, targetPort: 8000, exposure: Exposure.Public },
  ]);
});

test("each mistake is refused by its place", () => {
  refused([], "ports", /at least one/);
  refused([{ ...AUDIO, name: "Audio" }], "ports[0].name", /not a service name/);
  refused([{ ...AUDIO, name: "a--b" }], "ports[0].name", /not a service name/);
  refused([AUDIO, { ...AUDIO, port: 1 }], "ports[1].name", /used twice/);
  refused([AUDIO, { ...AUDIO, name: "b" }], "ports[1].port", /already the port of "audio"/);
  refused([{ ...AUDIO, targetPort: 0 }], "ports[0].targetPort", /1 to 65535/);
  refused([{ ...AUDIO, protocol: "udp" as Protocol }], "ports[0].protocol", /UDP or TCP/);
  refused([{ ...AUDIO, exposure: "x" as Exposure }], "ports[0].exposure", /PUBLIC or INTERNAL/);
});

test("every number outside 1..65535 is refused, every number inside is kept", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.integer(), fc.double(), fc.integer({ min: 1, max: 65_535 })),
      (port) => {
        const allowed = Number.isInteger(port) && port >= 1 && port <= 65_535;
        if (allowed) {
          assert.equal(resolvePorts([{ ...AUDIO, port }])[0]?.port, port);
        } else {
          refused([{ ...AUDIO, port }], "ports[0].port", /1 to 65535/);
        }
      },
    ),
  );
});
