import assert from "node:assert/strict";
import { test } from "node:test";
import { openWorkspace, type Workspace } from "./engine/index.ts";
import { cloudPrograms } from "./testing/programs.ts";
import { type Recording, recordings } from "./testing/recording.ts";
import { losses } from "./testing/upgrade.ts";

/** What a version replaces on purpose, by version and program, as its release notes say. None so far. */
const ANNOUNCED: Readonly<Record<string, readonly string[]>> = {};

/** A stack that an older version made, in front of today's code. */
async function open({ program, state, world }: Recording): Promise<Workspace> {
  const options = cloudPrograms[program];
  assert.ok(options, `there is no program ${program} any more: add one that holds its components`);
  const workspace = await openWorkspace(options);
  await workspace.importDeployment(state);
  await workspace.world.load(world);
  return workspace;
}

const all = recordings();

test("every program has a recording", () => {
  const recorded = new Set(all.map(({ program }) => program));
  assert.deepEqual([...recorded].sort(), Object.keys(cloudPrograms).sort());
});

for (const recording of all) {
  const { version, program } = recording;
  test(`an upgrade from ${version} takes nothing away from ${program}`, async () => {
    await using workspace = await open(recording);
    const result = await workspace.preview();
    assert.ok(result.succeeded, result.terminal);
    assert.deepEqual(losses(result, ANNOUNCED[`${version} ${program}`]), []);
    assert.ok((result.changes.same ?? 0) > 0, "the state was taken in");
  });
}

test("a name that changes without an alias would be noticed", async () => {
  const recording = all.find(({ program }) => program === "aks");
  assert.ok(recording);
  await using workspace = await open(recording);
  await workspace.configure({ name: "other", forget: true });
  const lost = losses(await workspace.preview());
  assert.ok(
    lost.some((line) => /^delete .*:PublicIPAddress audio-relay-ip$/.test(line)),
    lost.join("\n"),
  );
});
