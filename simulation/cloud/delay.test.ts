import assert from "node:assert/strict";
import { test } from "node:test";
import { type Properties, UnhealthyResourceError } from "../../components/provider/index.ts";
import { type Delay, delay } from "./delay.ts";
import { SimulatedResource } from "./handler.ts";
import type { ResourceModel } from "./model.ts";
import type { Stage } from "./rule.ts";
import { memoryStore } from "./store.ts";
import { objectsOf } from "./world.ts";

const SECONDS = 30;

/** A thing that needs a role which takes 30 seconds to take effect. */
function late(patience: number, stage: Stage = "write") {
  const needsRole: Delay = delay({
    id: "cloud-role-spreads",
    late: "azure-role",
    basis: "read",
    says: "",
    source: "",
    stage,
    patience,
    needs: ({ inputs, world }) =>
      objectsOf(world, "cloud", "cloud:index:Role").filter(({ id }) => id === inputs.role),
    answer: () => "the role is not there yet",
  });
  const store = memoryStore({ delays: { "azure-role": SECONDS } });
  const handler = (type: string, rules: readonly Delay[]) =>
    new SimulatedResource(modelOf(type, rules), {
      store,
      config: {},
      retries: 0,
      shapeFailures: () => [],
      warn: () => undefined,
    });
  const [role, thing] = [handler("Role", []), handler("Thing", [needsRole])];
  const call = (name: string, inputs: Properties) => ({
    ...{ urn: `urn::${name}`, type: "", name, inputs: { name, ...inputs }, preview: false },
    ...{ timeoutSeconds: 0, signal: new AbortController().signal },
  });
  return {
    store,
    role: (name: string) => role.create(call(name, {})),
    thing: (inputs: Properties) => thing.create(call("thing", inputs)),
    update: (inputs: Properties) =>
      thing.update({ ...call("thing", inputs), id: "thing", oldInputs: {}, oldOutputs: {} }),
  };
}

const modelOf = (type: string, rules: readonly Delay[]): ResourceModel => ({
  ...{ cloud: "cloud", type: `cloud:index:${type}`, rules, facts: [], computed: [] },
  immutable: () => [],
  defaults: ({ news }) => news,
  scope: () => "scope",
  id: ({ name }) => String(name),
  outputs: ({ inputs, synced }) => ({ ...inputs, synced }),
  deleteBeforeReplace: () => false,
  awaited: (inputs) => inputs.awaited !== false,
});

test("a provider that asks again long enough waits, and takes no time for it", async () => {
  const { store, role, thing } = late(120);
  await role("new");
  await thing({ role: "new" });
  const { clock, waits } = await store.read();
  assert.equal(clock, SECONDS);
  assert.deepEqual(waits, [
    { urn: "urn::thing", rule: "cloud-role-spreads", seconds: SECONDS, enough: true },
  ]);
});

test("what has waited for one thing is there for the next", async () => {
  const { store, role, thing, update } = late(120);
  await role("new");
  await thing({ role: "new" });
  await update({ role: "new" });
  assert.equal((await store.read()).waits.length, 1);
});

test("a provider that asks once is refused until the time has passed", async () => {
  const { store, role, thing } = late(0);
  await role("new");
  for (let attempt = 0; attempt < SECONDS; attempt++) {
    await assert.rejects(thing({ role: "new" }), /not there yet/);
  }
  await thing({ role: "new" });
  const { waits, objects } = await store.read();
  assert.equal(waits.length, SECONDS);
  assert.equal(objects.length, 2);
});

test("one that gives up too early has waited for the next attempt", async () => {
  const { role, thing } = late(20);
  await role("new");
  await assert.rejects(thing({ role: "new" }), /not there yet/);
  await thing({ role: "new" });
});

test("what is needed by nothing, or old, or one of several, is waited for no longer than needed", async () => {
  const { store, role, thing } = late(0);
  await thing({ role: "none" });
  await role("old");
  await store.transact((world) => ({ world: { ...world, clock: SECONDS }, result: undefined }));
  await role("new");
  await thing({ role: "old" });
  assert.deepEqual((await store.read()).waits, []);
});

test("a controller goes on trying: the object is there, unhealthy, and healed by an update", async () => {
  const { role, thing, update } = late(20, "sync");
  await role("new");
  await assert.rejects(thing({ role: "new" }), (error) => {
    assert.ok(error instanceof UnhealthyResourceError);
    assert.equal(error.outputs.synced, false);
    return true;
  });
  assert.equal((await update({ role: "new" })).synced, true);
});

test("who does not wait for controllers leaves them to it", async () => {
  const { store, role, thing } = late(0, "sync");
  await role("new");
  assert.equal((await thing({ role: "new", awaited: false })).outputs.synced, true);
  assert.deepEqual((await store.read()).waits, []);
});
