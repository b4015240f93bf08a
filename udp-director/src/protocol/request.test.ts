import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseRequest } from "./request.ts";

const parse = (value: unknown) => parseRequest(new TextEncoder().encode(JSON.stringify(value)));

const full = {
  ok: true,
  request: {
    type: "query",
    resourceType: "gameserver",
    namespace: "game-servers",
    labels: [["map", "de"]],
    annotations: [["tier", "1"]],
    status: { path: ["status", "state"], expectedValues: ["Allocated", "Ready"] },
  },
};

test("the plain query of the first published version is read", () => {
  assert.deepEqual(parse({ resourceType: "gameserver", namespace: "game-servers" }), {
    ok: true,
    request: {
      type: "query",
      resourceType: "gameserver",
      namespace: "game-servers",
      labels: [],
      annotations: [],
      status: undefined,
    },
  });
});

test("camelCase and snake_case, with and without type, mean the same", () => {
  const camel = {
    resourceType: "gameserver",
    namespace: "game-servers",
    labelSelector: { map: "de" },
    annotationSelector: { tier: "1" },
    statusQuery: { jsonPath: "status.state", expectedValues: ["Allocated", "Ready"] },
  };
  const snake = {
    type: "query",
    resource_type: "gameserver",
    namespace: "game-servers",
    label_selector: { map: "de" },
    annotation_selector: { tier: "1" },
    status_query: { jsonPath: "status.state", expectedValues: ["Allocated", "Ready"] },
  };
  const snakeInside = { json_path: "status.state", expected_values: ["Allocated", "Ready"] };
  assert.deepEqual(parse(camel), full);
  assert.deepEqual(parse({ type: "query", ...camel }), full);
  assert.deepEqual(parse(snake), full);
  assert.deepEqual(parse({ ...snake, status_query: snakeInside }), full);
});

test("expectedValue is a list of one; numbers and booleans are compared as text", () => {
  const status = (statusQuery: object) => {
    const parsed = parse({ resourceType: "a", namespace: "b", statusQuery });
    return parsed.ok && parsed.request.type === "query" ? parsed.request.status : parsed;
  };
  assert.deepEqual(status({ jsonPath: "status.n", expectedValue: 3 }), {
    path: ["status", "n"],
    expectedValues: ["3"],
  });
  assert.deepEqual(status({ jsonPath: "spec.c[1].on", expectedValues: [true] }), {
    path: ["spec", "c", 1, "on"],
    expectedValues: ["true"],
  });
});

test("sessionReset carries a token and may carry the client's port", () => {
  const token = "550e8400-e29b-41d4-a716-446655440000";
  assert.deepEqual(parse({ type: "sessionReset", token }), {
    ok: true,
    request: { type: "sessionReset", token, clientPort: undefined },
  });
  assert.deepEqual(parse({ type: "sessionReset", token, clientPort: 4000 }), {
    ok: true,
    request: { type: "sessionReset", token, clientPort: 4000 },
  });
});

test("each bad request names what is wrong", () => {
  const query = { resourceType: "a", namespace: "b" };
  const cases: [unknown, string][] = [
    [{ namespace: "b" }, "missing field `resourceType`"],
    [{ resourceType: "a" }, "missing field `namespace`"],
    [{ resourceType: "a", namespace: null }, "missing field `namespace`"],
    [{ resourceType: 1, namespace: "b" }, "field `resourceType` must be text"],
    [{ ...query, labelSelector: [] }, "field `labelSelector` must be an object"],
    [{ ...query, labelSelector: { a: 1 } }, "`labelSelector.a` must be text"],
    [{ ...query, statusQuery: 1 }, "field `statusQuery` must be an object"],
    [{ ...query, statusQuery: { jsonPath: "a" } }, "missing field `expectedValues`"],
    [{ ...query, statusQuery: { expectedValue: "a" } }, "missing field `jsonPath`"],
    [
      { ...query, statusQuery: { jsonPath: "a[?(1)]", expectedValue: "a" } },
      "`statusQuery.jsonPath` must be a JSONPath",
    ],
    [
      { ...query, statusQuery: { jsonPath: "a", expectedValues: "x" } },
      "`statusQuery.expectedValues` must be a list of text, numbers or booleans",
    ],
    [{ type: "other" }, "unknown `type`, expected `query` or `sessionReset`"],
    [{ type: "sessionReset" }, "missing field `token`"],
    [
      { type: "sessionReset", token: "x", clientPort: 0 },
      "field `clientPort` must be a port 1..65535",
    ],
    [[], "expected an object"],
  ];
  for (const [value, error] of cases) {
    assert.deepEqual(parse(value), { ok: false, error: `Invalid JSON: ${error}` });
  }
  assert.deepEqual(parseRequest(Uint8Array.of(0x7b, 0xff, 0x7d)), {
    ok: false,
    error: "Invalid JSON: not UTF-8",
  });
});

test("keys such as __proto__ are plain text", () => {
  const body = '{"resourceType":"a","namespace":"b","labelSelector":{"__proto__":"x"}}';
  const parsed = parseRequest(new TextEncoder().encode(body));
  assert.ok(parsed.ok && parsed.request.type === "query");
  assert.deepEqual(parsed.request.labels, [["__proto__", "x"]]);
});

test("any JSON and any bytes give a result, never an exception", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => void parse(value)));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (body) => void parseRequest(body)));
  const record = fc.record(
    { type: fc.jsonValue(), resourceType: fc.jsonValue(), statusQuery: fc.jsonValue() },
    { requiredKeys: [] },
  );
  fc.assert(fc.property(record, (value) => typeof parse(value).ok === "boolean"));
});

test("a truncated request is invalid JSON", () => {
  const whole = new TextEncoder().encode('{"resourceType":"a","namespace":"b"}');
  for (let length = 0; length < whole.length; length++) {
    const parsed = parseRequest(whole.subarray(0, length));
    assert.ok(!parsed.ok && parsed.error.startsWith("Invalid JSON: "));
  }
});
