import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { candidates } from "./label-index.ts";
import type { Resource } from "./resource.ts";

const resource = (name: string, labels: Readonly<Record<string, string>>): Resource => ({
  metadata: { name, namespace: "games", labels, annotations: {} },
});
const having = (resources: readonly Resource[], labels: readonly (readonly [string, string])[]) =>
  resources.filter(({ metadata }) =>
    labels.every(
      ([key, value]) => Object.hasOwn(metadata.labels, key) && metadata.labels[key] === value,
    ),
  );

const word = fc.constantFrom("a", "b", "c", "constructor");
const labels = fc.array(fc.tuple(word, word), { maxLength: 3 });

test("holds all that have the labels, in the list's order", () => {
  fc.assert(
    fc.property(
      fc.array(labels, { maxLength: 20 }),
      fc.array(labels, { maxLength: 5 }),
      (given, asked) => {
        const resources = given.map((one, n) => resource(`r${n}`, Object.fromEntries(one)));
        for (const wanted of asked) {
          const { resources: found, left } = candidates(resources, wanted);
          assert.deepEqual(having(found, left), having(resources, wanted));
        }
      },
    ),
  );
});

test("a list that is asked about again is looked through once for a label", () => {
  let looks = 0;
  const resources = Array.from({ length: 1000 }, (_, n) => {
    const { metadata } = resource(`r${n}`, { version: `${n % 10}` });
    return {
      get metadata() {
        looks++;
        return metadata;
      },
    };
  });
  const ask = (label: string, value: string) =>
    candidates(resources, [[label, value]]).resources.length;
  assert.equal(ask("version", "3"), 1000, "it may be made for this query alone");
  assert.equal(ask("version", "3"), 100);
  const once = looks;
  assert.equal(ask("version", "4"), 100);
  assert.equal(ask("version", "none"), 0);
  assert.equal(looks, once);
});

test("the same question has the same list, and of its labels only the others are left", () => {
  const resources = Array.from({ length: 100 }, (_, n) => {
    return resource(`r${n}`, { map: n < 50 ? "de" : "us", version: `${n % 10}` });
  });
  const both = [
    ["map", "de"],
    ["version", "3"],
  ] as const;
  candidates(resources, both);
  const once = candidates(resources, both);
  assert.equal(once.resources.length, 10, "the label that fewest have");
  assert.deepEqual(once.left, [["map", "de"]]);
  assert.equal(candidates(resources, both).resources, once.resources);
  assert.deepEqual(candidates(resources, [["map", "de"]]).left, []);
});

test("labels that nobody has take no room, and there are not too many of the others", () => {
  const labels = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`l${n}`, "x"]));
  const resources = [resource("a", labels), resource("b", { ...labels, l39: "y" })];
  candidates(resources, [["l0", "x"]]);
  for (let n = 0; n < 1000; n++) {
    assert.deepEqual(candidates(resources, [[`not-${n}`, "x"]]).resources, []);
  }
  for (let n = 0; n < 40; n++) candidates(resources, [[`l${n}`, "x"]]);
  // Not indexed any more, so all may have it.
  const { resources: found, left } = candidates(resources, [["l39", "y"]]);
  assert.equal(found.length, 2);
  assert.deepEqual(left, [["l39", "y"]]);
});
