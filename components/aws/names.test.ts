import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AWS_LIMITS } from "./limits.ts";
import { MAX_LOGICAL_LENGTH, shortName } from "./names.ts";

/** Names whose length alone decides. */
const VALID = fc.stringMatching(/^[a-z][a-z0-9-]{0,60}$/, { size: "max" });

test("trap 12: with what Pulumi adds, every name fits into what AWS takes", () => {
  const { nameLength, autonameLength } = AWS_LIMITS;
  fc.assert(
    fc.property(fc.oneof(fc.string({ maxLength: 200 }), VALID), (name) => {
      const short = shortName(name);
      assert.ok(short.length + autonameLength <= nameLength, short);
      assert.match(short, /^(?!internal-)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/);
    }),
    { numRuns: 2000 },
  );
});

test("a name that fits stays, different names stay different, the same one stays the same", () => {
  assert.equal(shortName("audio-lb"), "audio-lb");
  assert.equal(shortName("x".repeat(MAX_LOGICAL_LENGTH)), "x".repeat(MAX_LOGICAL_LENGTH));
  assert.equal(shortName("a-very-long-name-of-a-game-lb"), "a-very-long-name-0fcbcf");
  const names = fc.uniqueArray(VALID, { minLength: 2 });
  fc.assert(
    fc.property(names, (all) => {
      assert.equal(new Set(all.map(shortName)).size, all.length);
      assert.deepEqual(all.map(shortName), all.map(shortName));
    }),
  );
});
