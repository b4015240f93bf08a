import assert from "node:assert/strict";
import { test } from "node:test";
import { ComponentResource, InputPropertiesError, InputPropertyError } from "@pulumi/pulumi";
import { refused, refusedAll } from "../testing/refused.ts";
import { checkedLater, each, invalid, mistakesIn, renamed, together } from "./invalid.ts";
import { oneOf, whole } from "./values.ts";

test("one mistake is Pulumi's own error, and its text has the path too", () => {
  assert.throws(
    () => invalid("ports[0].port", "0 is not a port"),
    (error) => {
      assert.ok(InputPropertyError.isInstance(error));
      assert.deepEqual(
        [error.propertyPath, error.reason, error.message],
        ["ports[0].port", "0 is not a port", "ports[0].port: 0 is not a port"],
      );
      // What Node and Pulumi print of an error that nobody caught.
      assert.match(error.stack ?? "", /^ports\[0\]\.port: 0 is not a port\n {4}at /);
      return true;
    },
  );
});

test("checks run together give their results, or all of their mistakes", async () => {
  assert.deepEqual(
    together(
      () => 1,
      () => "two",
    ),
    [1, "two"],
  );
  const one = () => invalid("one", "is wrong");
  const fine = () => 0;
  await refused(() => together(fine, one), "one", /^is wrong$/);
  await refusedAll(
    () =>
      together(one, fine, () =>
        each([1, 2, 3], (n, index) => (n === 2 ? n : invalid(`list[${index}]`, "is odd"))),
      ),
    ["one", "list[0]", "list[2]"],
  );
});

test("a component tells mistakes in what it made of arguments by the caller's words", async () => {
  const check = () =>
    together(
      () => invalid("ports[0].port", "is wrong"),
      () => invalid("selector", "too"),
    );
  await refusedAll(
    () => renamed(check, (path) => path.replace("ports[0].", "")),
    ["port", "selector"],
  );
});

test("a mistake of the program's own is not taken for a refused input", () => {
  const broken = () => {
    throw new TypeError("of undefined");
  };
  assert.throws(() => together(() => invalid("one", "is wrong"), broken), TypeError);
  assert.throws(() => mistakesIn(new TypeError("of undefined")), TypeError);
});

test("what is refused once values are known is told at the component, each in a line", () => {
  const component = Object.create(ComponentResource.prototype);
  const later = () =>
    checkedLater(component, () =>
      together(
        () => invalid("a", "is wrong"),
        () => invalid("b", "too"),
      ),
    );
  assert.throws(later, {
    message: "2 mistakes:\na: is wrong\nb: too",
    resource: component,
    hideStack: true,
  });
});

test("numbers and choices name what is allowed", async () => {
  const range = { min: 2, max: 5 };
  assert.equal(whole("n", 2, range), 2);
  for (const wrong of [1, 6, 2.5, Number.NaN, "3" as never]) {
    await refused(() => whole("n", wrong, range), "n", /is not a whole number from 2 to 5$/);
  }
  await refused(() => whole("n", 6, range, "seconds"), "n", /a whole number of seconds from 2/);
  const choices = { A: "a", B: "b", C: "c" } as const;
  assert.equal(oneOf("x", "b", choices), "b");
  await refused(() => oneOf("x", "d" as "a", choices), "x", /^"d" is not known: a, b or c$/);
  await refused(() => oneOf<string>("x", "d", ["a"]), "x", /^"d" is not known: a$/);
});

test("several mistakes are Pulumi's own error for several", () => {
  assert.throws(
    () =>
      together(
        () => invalid("a", "is wrong"),
        () => invalid("b", "too"),
      ),
    (error) => InputPropertiesError.isInstance(error),
  );
});
