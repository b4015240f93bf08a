import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldManager, pruned, withName } from "./identity.ts";

const request = (news: object, olds: object = {}) => ({
  ...{ urn: "urn:pulumi:s::p::t::echo", type: "t", name: "echo" },
  ...{ news: news as never, olds: olds as never, randomSeed: new Uint8Array([1]) },
});

test("what the cluster adds is no change, what it takes or alters is", () => {
  const shape = { metadata: { name: "x" }, spec: { ports: [{ port: 1 }], type: "ClusterIP" } };
  const live = {
    metadata: { name: "x", uid: "1" },
    spec: { ports: [{ port: 2, protocol: "TCP" }], clusterIP: "10.0.0.1" },
    status: {},
  };
  assert.deepEqual(pruned(live, shape), {
    metadata: { name: "x" },
    spec: { ports: [{ port: 2 }] },
  });
});

test("a name is drawn once and kept", () => {
  const first = withName(request({ kind: "ConfigMap" }));
  assert.match(String((first.metadata as { name: string }).name), /^echo-[0-9a-f]{8}$/);
  assert.deepEqual(withName(request({ kind: "ConfigMap" }, first)), first);
  const given = { kind: "ConfigMap", metadata: { name: "own" } };
  assert.deepEqual(withName(request(given, first)), given);
});

test("a Secret's text becomes data, as the API server would make it", () => {
  const secret = { kind: "Secret", metadata: { name: "s" }, stringData: { key: "value" } };
  assert.deepEqual(withName(request(secret)), {
    ...{ kind: "Secret", metadata: { name: "s" }, data: { key: "dmFsdWU=" } },
  });
});

test("the owner of an object's fields is as annotated, else as remembered, else the resource's", () => {
  const annotated = { metadata: { annotations: { "pulumi.com/patchFieldManager": "me" } } };
  const olds = { __fieldManager: "before" };
  assert.equal(fieldManager(annotated, olds, "urn"), "me");
  assert.equal(fieldManager({}, olds, "urn"), "before");
  assert.match(fieldManager({}, {}, "urn"), /^pulumi-kubernetes-[0-9a-f]{8}$/);
});
