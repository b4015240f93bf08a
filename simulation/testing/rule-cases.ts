import assert from "node:assert/strict";
import { test } from "node:test";
import type { Properties } from "../../components/provider/index.ts";
import type { ResourceModel } from "../cloud/model.ts";
import type { Rule, RuleSubject } from "../cloud/rule.ts";
import { type CloudObject, newWorld, type World, type WorldSeed } from "../cloud/world.ts";

/** A subject with everything that a case does not care about left out. */
export interface Case {
  readonly inputs?: Properties;
  readonly scope?: string;
  readonly id?: string;
  readonly exists?: boolean;
  readonly seed?: WorldSeed;
  readonly objects?: readonly CloudObject[];
}

export interface RuleCases {
  /** Subjects that the rule has to find fault with, and what it has to say. */
  readonly broken: readonly (Case & { readonly says: RegExp })[];
  /** Subjects that come close and are fine. */
  readonly fine: readonly Case[];
}

/**
 * Tests the rules of some models against a table, in which each of them has to stand with at least
 * one subject that breaks it and one that does not.
 */
export function testRules(
  models: readonly ResourceModel[],
  table: Readonly<Record<string, RuleCases>>,
): void {
  const rules = new Map<string, Rule>(
    models.flatMap((model) => model.rules).map((rule) => [rule.id, rule]),
  );
  test("every rule stands in the table, and the table names no other", () => {
    assert.deepEqual(Object.keys(table).sort(), [...rules.keys()].sort());
  });
  for (const [id, { broken, fine }] of Object.entries(table)) {
    test(`${id}: ${rules.get(id)?.says}`, () => {
      assert.ok(broken.length > 0 && fine.length > 0, "needs a broken and a fine case");
      for (const { says, ...given } of broken) {
        const found = rules.get(id)?.broken(subject(given));
        assert.match(
          typeof found === "object" ? `${found.property}: ${found.reason}` : (found ?? ""),
          says,
        );
      }
      for (const given of fine) {
        assert.equal(rules.get(id)?.broken(subject(given)), undefined);
      }
    });
  }
}

function subject({
  inputs = {},
  scope = "scope",
  id = "new",
  exists = false,
  seed,
  objects = [],
}: Case): RuleSubject {
  const world: World = { ...newWorld(seed), objects };
  return { urn: "urn:pulumi:s::p::t::n", scope, id, exists, inputs, world };
}

/** An object that is there already. */
export function existing(
  object: Pick<CloudObject, "cloud" | "type" | "id"> & Partial<CloudObject>,
): CloudObject {
  return { scope: "scope", urn: "urn", inputs: {}, outputs: {}, ...object };
}
