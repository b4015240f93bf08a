import assert from "node:assert/strict";
import { test } from "node:test";
import { configMistakes, directorConfigSchema } from "./schema.ts";

const validate = (loadBalancing: unknown, more: object = {}) =>
  directorConfigSchema.safeParse({
    resourceQueryMapping: {
      game: {
        ...{ group: "agones.dev", version: "v1", resource: "gameservers" },
        ...{ addressPath: "status.address", portName: "default" },
      },
    },
    discovery: { kubernetes: { namespaces: ["games"] } },
    loadBalancing,
    ...more,
  });
const balancing = (loadBalancing: unknown) => validate(loadBalancing).data?.loadBalancing;
const mistakes = (loadBalancing: unknown, more: object = {}) => {
  const { error } = validate(loadBalancing, more);
  return error === undefined ? [] : configMistakes(error);
};

test("both published shapes of labelArithmetic say the same", () => {
  const read = { type: "labelArithmetic", currentLabel: "users", maxLabel: "max", overlap: 2 };
  assert.deepEqual(balancing(read), read);
  const { currentLabel: current_label, maxLabel: max_label, type, overlap } = read;
  assert.deepEqual(balancing({ strategy: { type, current_label, max_label, overlap } }), read);
  const { overlap: _, ...short } = read;
  assert.deepEqual(balancing(short), { ...read, overlap: 0 });
});

test("weighted and consistentHash are read; settings belong to their strategy", () => {
  assert.deepEqual(balancing({ type: "weighted", weightLabel: "w" }), {
    ...{ type: "weighted", weightLabel: "w" },
  });
  assert.equal(balancing({ type: "consistentHash" }), "consistentHash");
  assert.deepEqual(mistakes({ type: "weighted" }), [
    "loadBalancing.weightLabel: missing; weighted needs it",
  ]);
  assert.deepEqual(mistakes({ type: "leastSessions", overlap: 1 }), [
    "loadBalancing.overlap: belongs to type labelArithmetic",
  ]);
  assert.deepEqual(mistakes({ strategy: { type: "weighted" } }), [
    "loadBalancing.strategy.type: weighted has no nested shape; write loadBalancing.type",
  ]);
  assert.deepEqual(mistakes({ strategy: { type: "labelArithmetic", max_label: "max" } }), [
    "loadBalancing.strategy.current_label: missing; labelArithmetic needs it",
  ]);
});

test("an expression is checked when it is read, and told with its path and place", () => {
  const read = { type: "expression", expression: "int(labels.max) - sessions" };
  assert.deepEqual(balancing(read), { ...read, filter: undefined });
  const filter = 'status.state == "Ready"';
  assert.deepEqual(balancing({ ...read, filter }), { ...read, filter });
  assert.deepEqual(mistakes({ ...read, expression: "max - sessions", filter: "1" }), [
    "loadBalancing.expression: at character 1: Unknown variable: max; allowed: name, labels, annotations, status, spec, sessions",
    "loadBalancing.filter: gives int; expected true or false",
  ]);
  assert.deepEqual(mistakes({ type: "expression" }), [
    "loadBalancing.expression: missing; expression needs it",
  ]);
  assert.deepEqual(mistakes({ type: "leastSessions", filter: "true" }), [
    "loadBalancing.filter: belongs to type expression",
  ]);
  assert.deepEqual(mistakes({ strategy: { type: "expression" } }), [
    "loadBalancing.strategy.type: expression has no nested shape; write loadBalancing.type",
  ]);
  const endpoint = (expression: string) =>
    mistakes(undefined, { defaultEndpoint: { resourceType: "game", namespace: "g", expression } });
  assert.deepEqual(endpoint("status.players < 8"), []);
  assert.deepEqual(endpoint("status.players <"), [
    "defaultEndpoint.expression: at character 17: Unexpected token: EOF",
  ]);
});

test("namespaces are names, each once", () => {
  const at = (kubernetes: object) => mistakes(undefined, { discovery: { kubernetes } })[0] ?? "";
  assert.match(at({}), /^discovery\.kubernetes\.namespaces: missing/);
  assert.match(at({ namespaces: ["Games"] }), /namespaces\[0\]: expected a namespace/);
  assert.match(at({ namespaces: ["a", "a"] }), /namespaces: a namespace is listed twice/);
  assert.match(at({ namespaces: ["a"], resyncSeconds: 1 }), /resyncSeconds: 1 is not allowed/);
});

test("a default endpoint may ask for a range", () => {
  const defaultEndpoint = {
    ...{ resourceType: "game", namespace: "games" },
    statusQuery: { jsonPath: "status.players", below: 8 },
  };
  assert.deepEqual(validate(undefined, { defaultEndpoint }).data?.defaultEndpoint?.statusQuery, {
    ...{ path: ["status", "players"], expectedValues: [], range: { below: 8 } },
  });
});
