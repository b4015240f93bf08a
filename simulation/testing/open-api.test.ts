import assert from "node:assert/strict";
import { test } from "node:test";
import { type OpenApi, schemaFaults } from "./open-api.ts";

const SCHEMA: OpenApi = {
  type: "object",
  required: ["name"],
  properties: {
    name: { type: "string", pattern: "^[a-z]+$" },
    mode: { type: "string", enum: ["A", "B"] },
    port: { "x-kubernetes-int-or-string": true },
    list: { type: "array", items: { type: "integer" } },
    labels: { type: "object", additionalProperties: { type: "string" } },
    free: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
  },
};

test("what fits a definition has no faults", () => {
  const value = {
    ...{ name: "a", mode: "A", port: "http", list: [1, 2] },
    ...{ labels: { a: "b" }, free: { anything: [true] } },
  };
  assert.deepEqual(schemaFaults(SCHEMA, value, "x"), []);
});

test("each way of not fitting is told by its place", () => {
  const faults = (value: object) => schemaFaults(SCHEMA, { name: "a", ...value }, "x");
  assert.deepEqual(schemaFaults(SCHEMA, {}, "x"), ["x.name: missing"]);
  assert.deepEqual(faults({ nmae: 1 }), ["x.nmae: unknown, and dropped without a word"]);
  assert.deepEqual(faults({ name: 1 }), ["x.name: 1 is no string"]);
  assert.deepEqual(faults({ name: "A" }), ['x.name: "A" does not match ^[a-z]+$']);
  assert.deepEqual(faults({ mode: "C" }), ['x.mode: "C" is none of A, B']);
  assert.deepEqual(faults({ port: true }), ["x.port: no number or text"]);
  assert.deepEqual(faults({ list: [1, "2"] }), ['x.list[1]: "2" is no number']);
  assert.deepEqual(faults({ list: {} }), ["x.list: no list"]);
  assert.deepEqual(faults({ labels: [] }), ["x.labels: no map"]);
  assert.deepEqual(faults({ labels: { a: 1 } }), ["x.labels.a: 1 is no string"]);
});
