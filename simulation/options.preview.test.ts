import assert from "node:assert/strict";
import { globSync } from "node:fs";
import path from "node:path";
import { before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { ComponentResource } from "@pulumi/pulumi";
import { type PreviewedResource, plain, preview } from "./mini-engine/index.ts";
import { simulatedClouds } from "./providers/index.ts";
import { argsName, loadShapes } from "./sdk-shapes/load.ts";
import { everyComponent } from "./test-program/every-component.ts";

const components = path.resolve(import.meta.dirname, "..", "components");

let resources: readonly PreviewedResource[] = [];
before(async () => {
  const result = await preview({
    projectDir: path.join(import.meta.dirname, "test-program"),
    main: "options.ts",
    stack: "dev",
    world: { zones: ["example.com"] },
  });
  assert.equal(result.exitCode, 0, result.diagnostics.map(({ message }) => message).join("\n"));
  resources = result.resources;
});

/** What components make. */
const children = () =>
  resources.filter(({ custom, type }) => custom && !type.startsWith("pulumi:"));

test("every component that the library exports is looked at", async () => {
  const exported = new Set<string>();
  // Those for this machine stand on a plugin of the project's own and take no cloud's provider.
  for (const file of globSync("*/index.ts", { cwd: components, exclude: ["local/**"] })) {
    const part = await import(pathToFileURL(path.join(components, file)).href);
    for (const [name, value] of Object.entries(part)) {
      if (typeof value === "function" && value.prototype instanceof ComponentResource) {
        exported.add(name);
      }
    }
  }
  assert.deepEqual([...exported].sort(), Object.keys(everyComponent).sort());
});

test("the provider of a component's options reaches every child", () => {
  assert.ok(children().length > 60);
  for (const { urn, provider } of children()) {
    assert.match(provider, /::given-\w+::/, urn);
  }
});

test("protection and transforms reach every child", () => {
  for (const { urn, protect, retainOnDelete } of children()) {
    assert.equal(protect, true, urn);
    assert.equal(retainOnDelete, true, urn);
  }
});

test("everything that has tags carries the caller's", async () => {
  let tagged = 0;
  for (const { sdk, resources: declared } of simulatedClouds) {
    const { table } = await loadShapes(sdk, declared);
    const withTags = declared.filter((one) => table[argsName(one)]?.tags?.shape.kind === "map");
    const types = new Set(withTags.map(({ type }) => type));
    for (const { urn, inputs } of children().filter(({ type }) => types.has(type))) {
      const tags = plain(inputs.tags ?? {}) as Record<string, string>;
      assert.equal(tags.team, "edge", urn);
      tagged += 1;
    }
  }
  assert.ok(tagged > 25, `${tagged} resources with tags`);
});
