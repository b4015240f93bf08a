import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { expandResource } from "./expand.ts";
import { NameCache } from "./name-cache.ts";
import { parseResourceFile } from "./resource-file.ts";

const resource = {
  resourceType: "echo",
  namespace: "local",
  name: "a",
  labels: { version: "a" },
  annotations: {},
  address: "db.example",
  ports: { udp: 9101, voice: 9102 },
  status: { state: "Ready" },
};

test("a written-down backend looks like a pod and like a game server", () => {
  assert.deepEqual(expandResource(resource, "10.0.0.1"), {
    metadata: { name: "a", namespace: "local", labels: { version: "a" }, annotations: {} },
    status: {
      state: "Ready",
      address: "10.0.0.1",
      podIP: "10.0.0.1",
      addresses: [
        { type: "PodIP", address: "10.0.0.1" },
        { type: "InternalIP", address: "10.0.0.1" },
      ],
      ports: [
        { name: "udp", port: 9101 },
        { name: "voice", port: 9102 },
      ],
    },
  });
});

test("a discovery file is YAML or JSON, an object with resources or the bare list", () => {
  const { labels: _l, annotations: _a, status: _s, ...short } = resource;
  for (const text of [
    JSON.stringify({ resources: [resource] }),
    JSON.stringify([resource]),
    "resources:\n- {resourceType: echo, namespace: local, name: a, address: db.example, ports: {udp: 9101, voice: 9102}}\n",
  ]) {
    const file = parseResourceFile(text);
    assert.ok(file.ok, JSON.stringify(file));
    assert.deepEqual({ ...file.resources[0], ...short }, file.resources[0]);
  }
});

test("a bad file says where it is wrong", () => {
  const why = (text: string) => {
    const file = parseResourceFile(text);
    return file.ok ? undefined : file.why;
  };
  assert.match(
    why('{"resources": [{"name": "a", "port": 1}]}') ?? "",
    /resources\[0\]\.port: unknown key/,
  );
  assert.match(why('{"resources": [') ?? "", /line 1/);
  assert.match(why("") ?? "", /whole document/);
  assert.match(why("[1]") ?? "", /resources\[0\]/);
});

test("a cut or random file is refused, never an exception", () => {
  const whole = JSON.stringify({ resources: [resource] });
  for (let length = 0; length < whole.length; length++) {
    assert.equal(parseResourceFile(whole.slice(0, length)).ok, false);
  }
  fc.assert(fc.property(fc.string(), (text) => void parseResourceFile(text)));
});

test("a name keeps its address while it is among the answers, and when it fails", async () => {
  const problems: string[] = [];
  let answers: string[] | Error = ["10.0.0.2", "10.0.0.1"];
  const resolve = async () => {
    if (answers instanceof Error) throw answers;
    return answers;
  };
  const cache = new NameCache(resolve, (problem) => problems.push(problem));
  const names = new Set(["db.example"]);
  await cache.refresh(names);
  assert.equal(cache.get("db.example"), "10.0.0.1");
  answers = ["10.0.0.0", "10.0.0.1"];
  await cache.refresh(names);
  assert.equal(cache.get("db.example"), "10.0.0.1");
  answers = ["10.0.0.9"];
  await cache.refresh(names);
  assert.equal(cache.get("db.example"), "10.0.0.9");
  answers = new Error("timeout");
  await cache.refresh(names);
  assert.equal(cache.get("db.example"), "10.0.0.9");
  assert.deepEqual(problems, [
    "cannot resolve db.example: timeout; 10.0.0.9 is kept until it resolves",
  ]);
  await cache.refresh(new Set());
  assert.equal(cache.get("db.example"), undefined);
});

test("a name that never resolved leaves its backends out", async () => {
  const problems: string[] = [];
  const cache = new NameCache(
    async () => [],
    (problem) => problems.push(problem),
  );
  await cache.refresh(new Set(["x.example"]));
  assert.equal(cache.get("x.example"), undefined);
  assert.match(
    problems[0] ?? "",
    /cannot resolve x\.example: it has no address; its backends are left out/,
  );
});
