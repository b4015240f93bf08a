import assert from "node:assert/strict";
import { test } from "node:test";
import { InputPropertyError } from "@pulumi/pulumi";
import fc from "fast-check";
import { directorConfigSchema } from "udp-director/config-schema";
import { type DirectorPortConfig, directorPorts } from "./ports.ts";

type RangeConfig = NonNullable<DirectorPortConfig["portRanges"]>[number];

const name = fc
  .array(fc.constantFrom(..."abz09-A_".split("")), { maxLength: 12 })
  .map((letters) => letters.join(""));
const range = fc.record({
  name,
  protocol: fc.constantFrom("udp", "tcp", "both", undefined),
  from: fc.integer({ min: 30_000, max: 65_500 }),
  length: fc.integer({ min: 1, max: 36 }),
});

test("every name of a range that the director takes gives ports that the contract takes", () => {
  const seen = { taken: 0, refused: 0 };
  fc.assert(
    fc.property(range, ({ length, protocol, ...rest }) => {
      const made: RangeConfig = {
        ...rest,
        ...(protocol === undefined ? {} : { protocol }),
        to: rest.from + length - 1,
      };
      const portRanges = [made];
      // The schema and the component have to agree, so that neither lets pass what the other stops.
      const { error } = directorConfigSchema.safeParse({ portRanges });
      const mistaken = error?.issues.some(({ path }) => path[0] === "portRanges") ?? false;
      if (mistaken) {
        seen.refused++;
        assert.throws(() => directorPorts({ portRanges }), InputPropertyError);
        return;
      }
      seen.taken++;
      const both = protocol === "both" || protocol === undefined;
      const ports = directorPorts({ portRanges }).filter((port) => port.port >= 30_000);
      assert.equal(ports.length, length * (both ? 2 : 1));
      for (const port of ports) assert.ok(port.name.length <= 15, port.name);
    }),
    { numRuns: 500, seed: 31_000 },
  );
  assert.ok(seen.taken > 50 && seen.refused > 50, JSON.stringify(seen));
});

test("the longest range name that is taken has eight characters, and its path is told", () => {
  const ports = (longest: string) =>
    directorPorts({ portRanges: [{ name: longest, from: 65_535, to: 65_535 }] });
  assert.deepEqual(
    ports("eight-ch")
      .map((port) => port.name)
      .slice(2, 4),
    ["eight-ch-65535", "eight-ch-65535t"],
  );
  assert.throws(
    () => ports("ninechars"),
    (error) => {
      assert.ok(InputPropertyError.isInstance(error));
      assert.equal(error.propertyPath, "config.portRanges[0].name");
      assert.match(error.reason, /^"ninechars" is not allowed; expected a name of 1 to 8 /);
      return true;
    },
  );
});
