import assert from "node:assert/strict";
import { test } from "node:test";
import { leanTraces, type Traced } from "./traces.ts";

const frame = (name: string, file = "main.ts") =>
  ({
    getFunctionName: () => name,
    getFileName: () => file,
    toString: () => `${name} (${file}:1:2)`,
  }) as NodeJS.CallSite;
const mapped = (error: Error, frames: NodeJS.CallSite[]) =>
  `mapped ${error.message} ${frames.length}`;

test("traces of others are formatted as before", () => {
  const traced: Traced = { prepareStackTrace: mapped };
  leanTraces(traced);
  assert.equal(traced.prepareStackTrace?.(new Error("x"), [frame("main")]), "mapped x 1");
  assert.equal(traced.prepareStackTrace?.(new Error("x"), []), "mapped x 0");
});

test("a formatter that comes later is used, and none means that Node formats", () => {
  const traced: Traced = {};
  leanTraces(traced);
  assert.equal(traced.prepareStackTrace, undefined);
  traced.prepareStackTrace = mapped;
  assert.equal(traced.prepareStackTrace(new Error("x"), [frame("main")]), "mapped x 1");
  assert.match(`${traced.prepareStackTrace(new Error("x"), [frame("callsites")])}`, /^Error: x\n/);
});

test("where a resource is made, a package's frames are as they are, the program's own are mapped", () => {
  const traced: Traced = {
    prepareStackTrace: (error, frames) =>
      [`${error}`, ...frames.map((one) => `    at mapped ${one}`)].join("\n"),
  };
  leanTraces(traced);
  const sdk = frame("callsites", "/a/node_modules/@pulumi/pulumi/resource.js");
  const trace = traced.prepareStackTrace?.(new Error("x"), [sdk, frame("main")]);
  assert.deepEqual(String(trace).split("\n"), [
    "Error: x",
    "    at callsites (/a/node_modules/@pulumi/pulumi/resource.js:1:2)",
    "    at mapped main (main.ts:1:2)",
  ]);
});
