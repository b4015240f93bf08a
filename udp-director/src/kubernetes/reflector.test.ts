import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type ApiParameters, ApiStatusError, type KubernetesApi } from "./api.ts";
import { backoffMs } from "./backoff.ts";
import { collectionName, collectionPath } from "./collection.ts";
import { readObject } from "./object.ts";
import { Reflector } from "./reflector.ts";

const object = (name: string, resourceVersion: string) => ({
  metadata: { name, namespace: "games", uid: name, resourceVersion, managedFields: [{ big: 1 }] },
});
const event = (type: string, name: string, version: string) => ({
  type,
  object: object(name, version),
});

type Answer = unknown[] | Error;

/** Runs a reflector against written-down answers, in order, and tells what came of it. */
async function reflect(answers: Answer[], resyncMs = 600_000, now = () => 0) {
  const asked: string[] = [];
  const told: string[] = [];
  const next = (parameters: ApiParameters): unknown[] => {
    const { watch, resourceVersion: version, continue: token } = parameters;
    asked.push(watch ? `watch ${version}` : `list${token ? ` ${token}` : ""}`);
    const answer = answers.shift();
    if (answers.length === 0) reflector.close();
    if (answer instanceof Error) throw answer;
    return answer ?? [];
  };
  const api: KubernetesApi = {
    get: async (_path, parameters) => next(parameters)[0],
    stream: async (_path, parameters) => {
      const lines = next(parameters);
      return (async function* () {
        yield* lines;
      })();
    },
  };
  const reflector: Reflector = new Reflector({
    api,
    collection: { group: "agones.dev", version: "v1", resource: "gameservers", namespace: "games" },
    sink: {
      replace: (objects) => void told.push(`= ${objects.map((one) => one.metadata.name)}`),
      put: (one) => void told.push(`+ ${one.metadata.name}`),
      remove: (one) => void told.push(`- ${one.metadata.name}`),
      requested: () => undefined,
      watching: () => undefined,
      failed: (error) => void told.push(`! ${(error as Error).message}`),
    },
    resyncMs,
    now,
    random: () => 0,
  });
  await reflector.run();
  return { asked, told };
}

const list = (version: string, ...names: string[]) => [
  { metadata: { resourceVersion: version }, items: names.map((name) => object(name, "1")) },
];

test("after a list it watches, and goes on from the last version that it saw", async () => {
  const { asked, told } = await reflect([
    list("5", "a"),
    [event("ADDED", "b", "6"), event("MODIFIED", "a", "7"), event("DELETED", "b", "8")],
    [{ type: "BOOKMARK", object: { metadata: { resourceVersion: "20" } } }],
    [],
  ]);
  assert.deepEqual(asked, ["list", "watch 5", "watch 8", "watch 20"]);
  assert.deepEqual(told, ["= a", "+ b", "+ a", "- b"]);
});

test("a list comes in pages, and counts when it is whole", async () => {
  const pages = ["a", "b"].map((name, page) => [
    {
      metadata: { resourceVersion: "5", ...(page === 0 ? { continue: "more" } : {}) },
      items: [object(name, "1")],
    },
  ]);
  const { asked, told } = await reflect([...pages, []]);
  assert.deepEqual(asked, ["list", "list more", "watch 5"]);
  assert.deepEqual(told, ["= a,b"]);
});

test("a version that is too old leads to a new list, as an answer and as an event", async () => {
  const status = { type: "ERROR", object: { code: 410, message: "too old" } };
  const gone = new ApiStatusError(410, "expired");
  const { asked } = await reflect([list("5"), [status], list("9"), gone, list("12"), []]);
  assert.deepEqual(asked, ["list", "watch 5", "list", "watch 9", "list", "watch 12"]);
});

test("another failure keeps the version; an answer that is no list is a failure", async () => {
  const broken = new Error("socket hang up");
  const { asked, told } = await reflect([[{ kind: "Status" }], list("5"), broken, []]);
  assert.deepEqual(asked, ["list", "list", "watch 5", "watch 5"]);
  assert.deepEqual(told, [
    "! the answer is no list of Kubernetes objects",
    "= ",
    `! ${broken.message}`,
  ]);
});

test("an old list is read anew although its watch goes on", async () => {
  let time = 0;
  const clock = () => {
    time += 1000;
    return time;
  };
  const { asked } = await reflect([list("5"), [], list("6"), []], 10, clock);
  assert.deepEqual(asked, ["list", "watch 5", "list", "watch 6"]);
});

test("waits double up to half a minute and are spread over their upper half", () => {
  assert.deepEqual(
    [1, 2, 3, 8, 9, 1000].map((failures) => backoffMs(failures, 0)),
    [100, 200, 400, 12_800, 15_000, 15_000],
  );
  fc.assert(
    fc.property(fc.integer({ min: 1 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (n, r) => {
      const wait = backoffMs(n, r);
      return wait >= 100 && wait <= 30_000;
    }),
  );
});

test("paths are those of the API, with nothing of the configuration taken for a path", () => {
  const at = { version: "v1", namespace: "games" };
  const path = (group: string, resource: string) => collectionPath({ ...at, group, resource });
  assert.equal(path("", "pods"), "/api/v1/namespaces/games/pods");
  assert.equal(path("a.dev", "x"), "/apis/a.dev/v1/namespaces/games/x");
  assert.equal(path("", "../secrets"), "/api/v1/namespaces/games/..%2Fsecrets");
  assert.equal(collectionName({ ...at, group: "a.dev", resource: "x" }), "x.a.dev in games");
});

test("an object loses only its book-keeping; anything at all is read or left out", () => {
  const read = readObject({ ...object("a", "1"), spec: { x: 1 }, endpoints: [2] });
  assert.deepEqual(read, {
    ...{ spec: { x: 1 }, endpoints: [2] },
    metadata: {
      ...{ name: "a", namespace: "games", uid: "a", resourceVersion: "1" },
      ...{ labels: {}, annotations: {} },
    },
  });
  fc.assert(fc.property(fc.jsonValue(), (value) => void readObject(value)));
});
