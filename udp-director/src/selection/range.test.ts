import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseRequest } from "../protocol/request.ts";
import { matches } from "./match.ts";
import { isInRange } from "./range.ts";
import type { Resource } from "./resource.ts";

test("a number is in a range when it is on the right side of every bound", () => {
  const bound = fc.option(fc.integer({ min: -5, max: 5 }), { nil: undefined });
  const range = fc.record({ above: bound, atLeast: bound, below: bound, atMost: bound });
  fc.assert(
    fc.property(fc.integer({ min: -6, max: 6 }), range, (value, bounds) => {
      const { above = -99, atLeast = -99, below = 99, atMost = 99 } = bounds;
      const expected = value > above && value >= atLeast && value < below && value <= atMost;
      assert.equal(isInRange(value, bounds), expected);
      assert.equal(isInRange(String(value), bounds), expected);
    }),
  );
});

test("what is no number is in no range", () => {
  for (const value of [undefined, null, true, "", "x", "1e3", " 1", {}, [1], Number.NaN]) {
    assert.equal(isInRange(value, { atLeast: -1e9 }), false, JSON.stringify(value));
  }
});

const request = (statusQuery: object) => {
  const fields = { resourceType: "game", namespace: "games", statusQuery };
  return parseRequest(new TextEncoder().encode(JSON.stringify(fields)));
};

test("a query may ask for a range, alone or beside expected values, in both spellings", () => {
  const game = (players: unknown): Resource => ({
    metadata: { name: "g", namespace: "games", labels: {}, annotations: {} },
    status: { players },
  });
  const fits = (players: unknown, statusQuery: object) => {
    const parsed = request({ jsonPath: "status.players", ...statusQuery });
    assert.ok(parsed.ok && parsed.request.type === "query", JSON.stringify(parsed));
    return matches(game(players), parsed.request);
  };
  assert.equal(fits(3, { atLeast: 3, below: 4 }), true);
  assert.equal(fits(4, { atLeast: 3, below: 4 }), false);
  assert.equal(fits("3", { at_least: 3, at_most: 3 }), true);
  assert.equal(fits(3, { above: 0, expectedValues: [3, 5] }), true);
  assert.equal(fits(4, { above: 0, expectedValues: [3, 5] }), false);
  assert.equal(fits(undefined, { above: -1 }), false);
  assert.equal(fits(3, { expectedValues: [] }), false);
});

test("a bound that is no number, and a condition without any, are refused", () => {
  const error = (statusQuery: object) => {
    const parsed = request({ jsonPath: "a", ...statusQuery });
    return parsed.ok ? undefined : parsed.error;
  };
  assert.equal(error({ above: "3" }), "Invalid JSON: `statusQuery.above` must be a number");
  assert.equal(error({}), "Invalid JSON: missing field `expectedValues`");
});
