import assert from "node:assert/strict";
import { test } from "node:test";
import type { Rule, Subject } from "../rule.ts";
import { type Properties, UNKNOWN } from "../values.ts";

/** A resource with everything that a case does not care about left out. */
export type Given = Partial<Subject>;

export interface RuleCases {
  /** Type of the resources that name none. */
  readonly type: string;
  /** Resources (several: a stack) that the rule has to find fault with, and what it says. */
  readonly broken: readonly (readonly [RegExp, ...Given[]])[];
  /** Resources that come close and are fine. */
  readonly fine: readonly (readonly Given[])[];
}

/**
 * Tests rules against a table, in which each of them stands with resources that break it and ones
 * that come close.
 */
export function testRules(
  rules: readonly Rule[],
  table: Readonly<Record<string, RuleCases>>,
): void {
  test("every rule stands in the table, and the table names no other", () => {
    assert.deepEqual(Object.keys(table).sort(), rules.map(({ name }) => name).sort());
  });
  for (const rule of rules) {
    const { type = "", broken = [], fine = [] } = table[rule.name] ?? {};
    test(`${rule.name}: ${rule.refuses}`, () => {
      assert.ok(broken.length > 0 && fine.length > 0, "needs a broken and a fine case");
      for (const [says, ...given] of broken) {
        assert.match(faultsOf(rule, type, given).join("\n"), says, JSON.stringify(given));
      }
      for (const given of fine) {
        assert.deepEqual(faultsOf(rule, type, given), [], JSON.stringify(given));
      }
    });
  }
}

/** What a rule finds wrong with resources, asked as the engine asks it. */
export function faultsOf(rule: Rule, type: string, given: readonly Given[]): readonly string[] {
  const subjects = given.map((one, index) => subject({ type, urn: `urn:${index}`, ...one }));
  return "stackFaults" in rule
    ? rule.stackFaults(subjects).map(({ fault }) => fault)
    : subjects.filter((one) => rule.types.test(one.type)).flatMap((one) => rule.faults(one));
}

function subject(given: Given): Subject {
  return {
    type: "",
    urn: "urn",
    name: "name",
    protect: false,
    deleteBeforeReplace: undefined,
    props: {},
    ...given,
  };
}

/** Properties of which some are unknown. */
export function withUnknown(known: Properties, ...unknown: readonly string[]): Properties {
  return { ...known, ...Object.fromEntries(unknown.map((name) => [name, UNKNOWN])) };
}
