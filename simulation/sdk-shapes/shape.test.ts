import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { UNKNOWN } from "../../components/provider/index.ts";
import { simulatedClouds } from "../providers/index.ts";
import { interfacesOf } from "./declarations.ts";
import { argsName, loadShapes } from "./load.ts";
import { shapeFailures } from "./shape.ts";

const declared = interfacesOf(`
  export declare namespace core { namespace v1 {
    interface Port { name?: pulumi.Input<string | undefined>; port: pulumi.Input<number>; target?: pulumi.Input<number | string | undefined>; }
  } }
  export interface Args {
    ports: pulumi.Input<pulumi.Input<inputs.core.v1.Port>[]>;
    labels?: pulumi.Input<{ [key: string]: pulumi.Input<string>; } | undefined>;
    mode?: pulumi.Input<string | enums.Mode | undefined>;
    kind?: pulumi.Input<"Thing" | undefined>;
    anything?: any;
    proxied?: pulumi.Input<boolean | undefined>;
  }`);
const table = Object.fromEntries(declared);
const failures = (inputs: Parameters<typeof shapeFailures>[2]) =>
  shapeFailures(table, "Args", inputs).map(({ property, reason }) => `${property}: ${reason}`);

test("what fits the declaration passes", () => {
  const ports = [{ port: 1 }, { port: UNKNOWN, target: "data" }, { port: 2, target: 3 }];
  assert.deepEqual(
    failures({
      ports,
      labels: { a: "b" },
      mode: "Fast",
      kind: "Thing",
      anything: [{}],
      proxied: false,
      __defaults: [],
    }),
    [],
  );
  assert.deepEqual(failures({ ports: UNKNOWN, labels: UNKNOWN }), []);
});

test("unknown, missing and mistyped properties are named with their path", () => {
  assert.deepEqual(failures({ ports: [{ prot: 1 }], Labels: {}, proxied: "no", whatever: 1 }), [
    'ports[0].prot: unknown property "prot"; did you mean "port"?',
    'ports[0].port: missing required property "port"',
    'Labels: unknown property "Labels"; did you mean "labels"?',
    "proxied: expected a boolean, got string",
    'whatever: unknown property "whatever"',
  ]);
  assert.deepEqual(failures({ ports: { port: 1 }, labels: { a: 1 }, mode: ["x"] }), [
    "ports: expected a list, got a map",
    "labels.a: expected a string, got number",
    "mode: expected a string, got a list",
  ]);
  assert.deepEqual(failures({}), ['ports: missing required property "ports"']);
});

test("every simulated resource is declared by its SDK, and its shape is kept per version", async () => {
  const cache = await mkdtemp(path.join(tmpdir(), "pulumi-udp-shapes-"));
  try {
    for (const { sdk, resources } of simulatedClouds) {
      const first = await loadShapes(sdk, resources, cache);
      for (const resource of resources) {
        assert.ok(Object.keys(first.table[argsName(resource)] ?? {}).length > 0, resource.type);
      }
      assert.deepEqual(await loadShapes(sdk, resources, cache), first);
    }
    assert.equal((await readdir(cache)).length, simulatedClouds.length);
  } finally {
    await rm(cache, { recursive: true, force: true });
  }
});
