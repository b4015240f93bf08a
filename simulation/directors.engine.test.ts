import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { valueAt } from "./cloud/paths.ts";
import { openWorkspace } from "./engine/index.ts";
import { assertNoOrphans, changesOf, succeeded } from "./testing/life-cycle.ts";

const OPTIONS = {
  projectDir: path.join(import.meta.dirname, "test-program"),
  main: "directors.ts",
  stack: "dev",
  timeoutMs: 120_000,
  // Its pods have to keep to the level restricted there.
  world: { namespaces: ["edge"] },
};

test("a director's pods follow its store, from memory to a journal to a Valkey", async (t) => {
  await using workspace = await openWorkspace(OPTIONS);
  const workloads = async () => {
    const { objects } = await workspace.world.read();
    return objects
      .filter(({ type }) => /:(Deployment|StatefulSet|PodDisruptionBudget)$/.test(type))
      .map(({ type, urn }) => `${type.split(":").at(-1)} ${urn.split("::").at(-1)}`)
      .sort();
  };
  succeeded(await workspace.up());
  assert.deepEqual(await workloads(), ["Deployment director-deployment"]);
  assert.equal(Object.keys(succeeded(await workspace.up()).changes).join(), "same");

  await t.test(
    "a journal takes a StatefulSet, which comes before the Deployment goes",
    async () => {
      await workspace.configure({ store: "journal" });
      const steps = changesOf(succeeded(await workspace.up()));
      assert.ok(steps.includes("create StatefulSet director-stateful"), steps.join());
      assert.ok(steps.includes("delete Deployment director-deployment"), steps.join());
      assert.deepEqual(await workloads(), ["StatefulSet director-stateful"]);
      await assertNoOrphans(workspace);
    },
  );

  await t.test("a Valkey is there before two pods that share it", async () => {
    await workspace.configure({ store: "redis" });
    succeeded(await workspace.up());
    assert.deepEqual(await workloads(), [
      "Deployment director-deployment",
      "PodDisruptionBudget director-budget",
      "StatefulSet sessions-valkey",
    ]);
    const [deployment] = await workspace.world.find(":Deployment");
    assert.equal(valueAt(deployment?.inputs, "spec.replicas"), 2);
    await assertNoOrphans(workspace);
  });

  await t.test("destroy leaves nothing", async () => {
    succeeded(await workspace.destroy());
    assert.deepEqual((await workspace.world.read()).objects, []);
  });
});
