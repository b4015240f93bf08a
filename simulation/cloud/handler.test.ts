import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Properties,
  UNKNOWN,
  UnhealthyResourceError,
} from "../../components/provider/index.ts";
import { SimulatedResource } from "./handler.ts";
import type { ResourceModel } from "./model.ts";
import type { Rule } from "./rule.ts";
import { memoryStore } from "./store.ts";
import type { WorldSeed } from "./world.ts";

const rule = (stage: Rule["stage"], severity: Rule["severity"] = "refuse"): Rule => ({
  id: `${stage}-${severity}`,
  stage,
  severity,
  says: "",
  source: "",
  basis: "read",
  broken: ({ inputs }) => (inputs[stage] === severity ? `${stage} ${severity}` : undefined),
});

const model: ResourceModel = {
  cloud: "cloud",
  type: "cloud:index:Thing",
  rules: [
    rule("check"),
    rule("check", "warn"),
    rule("write"),
    rule("write", "warn"),
    rule("sync"),
    rule("delete"),
  ],
  facts: [],
  immutable: () => ["name"],
  defaults: ({ news, name }) => ({ name, ...news }),
  scope: () => "scope",
  id: (inputs) => String(inputs.name),
  computed: ["address", "nested.computed"],
  outputs: ({ inputs, world, previous, synced }) => ({
    ...inputs,
    address: previous?.address ?? `address-${world.serial}`,
    ready: synced,
  }),
  deleteBeforeReplace: () => true,
  awaited: (inputs) => inputs.awaited !== false,
  imported: (id) => /^place\/(.+)$/.exec(id)?.[1] ?? "",
};

function resource(seed: WorldSeed = {}) {
  const store = memoryStore(seed);
  const warnings: string[] = [];
  const handler = new SimulatedResource(model, {
    store,
    config: {},
    retries: 3,
    shapeFailures: (_type, inputs) =>
      inputs.misspelt === undefined ? [] : [{ property: "misspelt", reason: "unknown" }],
    warn: (text) => warnings.push(text),
  });
  const ref = { urn: "urn", type: model.type, name: "thing" };
  const rest = { ...ref, preview: false, timeoutSeconds: 0, signal: new AbortController().signal };
  return {
    store,
    warnings,
    check: (news: Properties) =>
      handler.check({ ...ref, olds: {}, news, randomSeed: new Uint8Array() }),
    diff: (oldInputs: Properties, news: Properties) =>
      handler.diff({ ...ref, id: "thing", oldInputs, oldOutputs: {}, news, ignoreChanges: [] }),
    create: (inputs: Properties, preview = false) => handler.create({ ...rest, inputs, preview }),
    update: (inputs: Properties, preview = false, oldOutputs: Properties = {}) =>
      handler.update({ ...rest, id: "thing", inputs, oldInputs: {}, oldOutputs, preview }),
    read: (id = "thing", inputs: Properties = { name: "thing" }) =>
      handler.read({ ...ref, id, inputs, outputs: {} }),
    delete: () => handler.delete({ ...rest, id: "thing", inputs: {}, outputs: {} }),
  };
}

test("a check fills defaults in and reports shape and rules together", () => {
  const { check, warnings } = resource();
  assert.deepEqual(check({ check: "refuse", misspelt: 1 }).failures, [
    { property: "misspelt", reason: "unknown" },
    { property: "", reason: "check refuse" },
  ]);
  assert.deepEqual(check({ check: "warn" }), {
    inputs: { name: "thing", check: "warn" },
    failures: [],
  });
  assert.deepEqual(warnings, ["thing: check warn"]);
});

test("a preview changes nothing and leaves computed outputs unknown", async () => {
  const { create, read } = resource();
  const { id, outputs } = await create({ name: "thing", write: "refuse" }, true);
  assert.equal(id, "");
  assert.deepEqual(outputs, {
    name: "thing",
    write: "refuse",
    address: UNKNOWN,
    nested: { computed: UNKNOWN },
  });
  assert.equal(await read(), undefined);
  const inside = await create({ nested: UNKNOWN }, true);
  assert.equal(inside.outputs.nested, UNKNOWN, "an unknown map stays unknown");
});

test("an object lives through create, update, read and delete", async () => {
  const { create, update, read, delete: remove } = resource();
  const { id, outputs } = await create({ name: "thing" });
  assert.equal(id, "thing");
  assert.equal(outputs.address, "address-0");
  assert.equal((await update({ name: "thing", size: 2 })).address, "address-0");
  assert.deepEqual((await read())?.inputs, { name: "thing", size: 2 });
  await remove();
  assert.equal(await read(), undefined);
  await remove();
  assert.equal((await create({ name: "thing" })).outputs.address, "address-1", "a new address");
});

test("the preview of an update keeps what was assigned, unless inputs are unknown", async () => {
  const { update } = resource();
  const old = { address: "address-7" };
  assert.equal((await update({ size: 1 }, true, old)).address, "address-7");
  assert.equal((await update({ size: UNKNOWN }, true, old)).address, UNKNOWN);
});

test("a refused write leaves nothing behind", async () => {
  const { create, read } = resource();
  await assert.rejects(create({ name: "thing", write: "refuse" }), /write refuse/);
  assert.equal(await read(), undefined);
});

test("a warning lets the write pass and is remembered once", async () => {
  const { create, update, store, warnings } = resource();
  await create({ name: "thing", write: "warn" });
  await update({ name: "thing", write: "warn" });
  assert.deepEqual((await store.read()).warnings, [
    { urn: "urn", rule: "write-warn", reason: "write warn" },
  ]);
  assert.equal(warnings.length, 2);
});

test("what a controller refuses exists but is unhealthy", async () => {
  const { create, read, update } = resource();
  await assert.rejects(create({ name: "thing", sync: "refuse" }), (error) => {
    assert.ok(error instanceof UnhealthyResourceError);
    assert.equal(error.id, "thing");
    assert.deepEqual(error.reasons, ["sync refuse"]);
    return true;
  });
  assert.equal((await read())?.outputs.ready, false);
  assert.equal((await update({ name: "thing" })).ready, true);
});

test("without waiting for controllers their refusal is a warning", async () => {
  const { create, store } = resource();
  const { outputs } = await create({ name: "thing", sync: "refuse", awaited: false });
  assert.equal(outputs.ready, false);
  assert.equal((await store.read()).warnings[0]?.rule, "sync-refuse");
});

test("a refused deletion keeps the object", async () => {
  const { create, read, delete: remove } = resource();
  await create({ name: "thing", delete: "refuse" });
  await assert.rejects(remove(), /delete refuse/);
  assert.notEqual(await read(), undefined);
});

test("deleteBeforeReplace is said of replacements only", () => {
  const { diff } = resource();
  assert.equal(diff({ name: "a" }, { name: "b" }).deleteBeforeReplace, true);
  assert.equal(diff({ size: 1 }, { size: 2 }).deleteBeforeReplace, false);
});

test("a fault strikes at the call it names, before or after the cloud acts", async () => {
  const failing = resource({
    faults: [{ operation: "create", type: ":Thing", nth: 2, message: "boom" }],
  });
  await failing.create({ name: "one" });
  await assert.rejects(failing.create({ name: "thing" }), /boom/);
  assert.equal(await failing.read(), undefined);
  await failing.create({ name: "thing" });

  const lost = resource({ faults: [{ operation: "create", type: ":Thing", kind: "lost" }] });
  await assert.rejects(lost.create({ name: "thing" }), /simulated fault/);
  assert.notEqual(await lost.read(), undefined, "it happened all the same");

  const elsewhere = resource({ faults: [{ operation: "delete", type: ":Other" }] });
  await elsewhere.create({ name: "thing" });
  await elsewhere.delete();
});

test("an import gives the identifier that the provider documents, a refresh the state's own", async () => {
  const { create, read } = resource();
  await create({ name: "thing" });
  assert.equal((await read("place/thing", {}))?.id, "thing");
  assert.equal(await read("thing", {}), undefined);
  assert.equal((await read())?.id, "thing");
});
