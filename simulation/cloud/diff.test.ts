import assert from "node:assert/strict";
import { test } from "node:test";
import { UNKNOWN } from "../../components/provider/index.ts";
import { changesBetween } from "./diff.ts";
import { formatPath, parsePath, valueAt, withValueAt } from "./paths.ts";

test("changes are reported by nested path with their kind", () => {
  const olds = { a: 1, spec: { ports: [{ port: 1 }, { port: 2 }], gone: true, same: [1] } };
  const news = {
    a: 2,
    spec: { ports: [{ port: 1 }, { port: 3 }, { port: 4 }], same: [1] },
    "b.c": 1,
  };
  assert.deepEqual(changesBetween(olds, news, []), {
    a: "update",
    "spec.ports[1].port": "update",
    "spec.ports[2]": "add",
    "spec.gone": "delete",
    '["b.c"]': "add",
  });
});

test("what lies at, below or above an immutable path replaces", () => {
  const immutable = ["spec.selector", "spec.ports.protocol"];
  const olds = { spec: { selector: { app: "a" }, ports: [{ protocol: "TCP", port: 1 }] } };
  const change = (news: Parameters<typeof changesBetween>[1]) =>
    changesBetween(olds, news, immutable);
  assert.deepEqual(change({ spec: { ...olds.spec, selector: { app: "b" } } }), {
    "spec.selector.app": "update-replace",
  });
  assert.deepEqual(change({ spec: { ...olds.spec, ports: [{ protocol: "UDP", port: 2 }] } }), {
    "spec.ports[0].protocol": "update-replace",
    "spec.ports[0].port": "update",
  });
  assert.deepEqual(change({}), { spec: "delete-replace" });
});

test("an unknown value counts as a change, an equal one does not", () => {
  assert.deepEqual(changesBetween({ a: 1 }, { a: UNKNOWN }, ["a"]), { a: "update-replace" });
  assert.deepEqual(changesBetween({ a: [{ b: 1 }] }, { a: [{ b: 1 }] }, ["a"]), {});
});

test("paths are read and written in the engine's spelling", () => {
  const parts = ["metadata", "annotations", "pulumi.com/skipAwait", 0, 'q"t'];
  const text = 'metadata.annotations["pulumi.com/skipAwait"][0]["q\\"t"]';
  assert.equal(formatPath(parts), text);
  assert.deepEqual(parsePath(text), parts);
});

test("a value is set at a path without touching the original", () => {
  const original = { spec: { ports: [{ port: 1 }] } };
  const changed = withValueAt(original, "spec.ports[0].port", 2);
  assert.deepEqual(changed, { spec: { ports: [{ port: 2 }] } });
  assert.deepEqual(original, { spec: { ports: [{ port: 1 }] } });
  assert.deepEqual(withValueAt({}, "status.ip", "x"), { status: { ip: "x" } });
  assert.deepEqual(withValueAt({ a: { b: 1, c: 2 } }, "a.b", undefined), { a: { c: 2 } });
  assert.equal(valueAt({ a: [1] }, "a[1].b"), undefined);
});
