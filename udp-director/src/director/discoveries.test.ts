import assert from "node:assert/strict";
import { test } from "node:test";
import { echoResource, testConfig } from "../testing/director.ts";
import { Discoveries } from "./discoveries.ts";

const dependencies = {
  resolveName: async () => [],
  now: () => performance.now(),
  report: { info: () => undefined, problem: () => undefined, apiRequest: () => undefined },
};
const config = (...names: string[]) => testConfig(names.map((name) => echoResource(name, 1000)));
const missing = testConfig([], { discovery: { file: { path: "/nowhere/backends.yaml" } } });
const lasting = new AbortController().signal;

test("backends change when another configuration is applied, and not before", async () => {
  const discoveries = new Discoveries(config("a"), dependencies);
  const { current } = discoveries;
  await current.start();
  const names = () => current.list("echo", "local").map(({ metadata }) => metadata.name);
  const { apply } = await discoveries.prepare(config("b", "c"), lasting);
  assert.deepEqual(names(), ["a"]);
  apply();
  assert.deepEqual(names(), ["b", "c"]);
  (await discoveries.prepare(config("d"), lasting)).abandon();
  assert.deepEqual(names(), ["b", "c"]);
  await current.close();
});

test("backends that cannot be read keep the ones before; the wait can be ended", async () => {
  const discoveries = new Discoveries(config("a"), dependencies, 20);
  await discoveries.current.start();
  await assert.rejects(discoveries.prepare(missing, lasting), /could not be read in 0\.02 s/);
  assert.equal(discoveries.current.list("echo", "local").length, 1);
  const patient = new Discoveries(config("a"), dependencies);
  await patient.current.start();
  await assert.rejects(patient.prepare(missing, AbortSignal.timeout(5)));
  await Promise.all([discoveries.current.close(), patient.current.close()]);
});

test("a director that has no backends yet takes over those that are still missing", async () => {
  const discoveries = new Discoveries(missing, dependencies, 20);
  await discoveries.current.start();
  const other = testConfig([], { discovery: { file: { path: "/nowhere/others.yaml" } } });
  (await discoveries.prepare(other, lasting)).apply();
  assert.equal(discoveries.current.ready, false);
  (await discoveries.prepare(config("a"), lasting)).apply();
  await discoveries.current.whenReady;
  assert.equal(discoveries.current.ready, true);
  await discoveries.current.close();
});
