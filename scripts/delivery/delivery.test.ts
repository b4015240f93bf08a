import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { recorded } from "../../test/workflows/recording.ts";
import { importsOf } from "./affected-stacks.ts";
import { closeNote, type Note, type Notes, putNote } from "./discussion.ts";
import { driftReport } from "./drift.ts";
import { type Artifact, planName, previewedPlan } from "./plan-artifact.ts";

const root = path.resolve(import.meta.dirname, "../..");

/** Notes in memory. */
function notes(...given: Note[]) {
  const all = [...given];
  const log: string[] = [];
  const memory: Notes = {
    list: async () => all,
    create: async (body) => {
      log.push("create");
      all.push({ id: all.length + 1, body, own: true });
    },
    update: async (id, body) => {
      log.push(`update ${id}`);
      all.splice(id - 1, 1, { id, body, own: true });
    },
    close: async (id) => void log.push(`close ${id}`),
  };
  return { memory, all, log };
}

test("a stack has one comment, however often it is written", async () => {
  const { memory, all, log } = notes();
  assert.equal(await putNote(memory, "preview debug", "one"), "created");
  assert.equal(await putNote(memory, "preview prod", "other"), "created");
  assert.equal(await putNote(memory, "preview debug", "two"), "updated");
  assert.equal(await putNote(memory, "preview debug", "two"), "unchanged");
  assert.deepEqual(log, ["create", "create", "update 1"]);
  assert.match(all[0]?.body ?? "", /^<!-- pulumi-udp: preview debug -->\ntwo$/);
});

test("a stranger's comment with our mark is left alone", async () => {
  const stranger = { id: 1, body: "<!-- pulumi-udp: preview debug -->\nhello", own: false };
  const { memory, log } = notes(stranger);
  assert.equal(await putNote(memory, "preview debug", "one"), "created");
  assert.equal(await closeNote(notes(stranger).memory, "preview debug", "bye"), "none");
  assert.deepEqual(log, ["create"]);
});

test("what one stack drifted is one report, and none is an empty one", () => {
  const same = JSON.stringify({ steps: [] });
  const { stacks, body } = driftReport(
    [
      { stack: "prod", text: "error: no credentials" },
      { stack: "debug", text: recorded("drift") },
      { stack: "staging", text: same },
    ],
    "https://example.com/run",
  );
  assert.deepEqual(stacks, ["debug", "prod"]);
  assert.match(body, /- `debug`: 6 destroyed, 2 changed, 1 created\n- `prod`: no preview\n/);
  assert.match(body, /no credentials/);
  assert.doesNotMatch(body, /staging/);
  assert.deepEqual(driftReport([{ stack: "debug", text: same }]), { stacks: [], body: "" });
});

test("the plan of these sources is taken, of the newest run, and never a fork's", () => {
  const name = planName("debug", "abc");
  const artifact = (id: number, over: object = {}): Artifact => ({
    ...{ id, name, expired: false, created_at: `2026-01-0${id}T00:00:00Z` },
    workflow_run: { id: id * 10, repository_id: 1, head_repository_id: 1 },
    ...over,
  });
  const fork = { workflow_run: { id: 90, repository_id: 1, head_repository_id: 2 } };
  const found = previewedPlan(name, [
    artifact(1),
    artifact(2),
    artifact(3, { expired: true }),
    artifact(4, fork),
    artifact(5, { workflow_run: null }),
    artifact(6, { name: planName("debug", "other") }),
  ]);
  assert.equal(found?.workflow_run?.id, 20);
  assert.equal(previewedPlan(name, [artifact(1, fork)]), undefined);
});

test("what runs before npm ci loads nothing that npm ci installs", () => {
  for (const command of ["stacks", "comment", "plan", "drift"]) {
    const seen = new Set<string>();
    const queue = [`scripts/delivery/commands/${command}.ts`];
    for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
      if (seen.has(file)) continue;
      seen.add(file);
      const text = readFileSync(path.join(root, file), "utf8");
      for (const [, specifier] of text.matchAll(/from "([^."][^"]*)"/g)) {
        assert.match(specifier ?? "", /^node:/, file);
      }
      queue.push(...importsOf(file, text));
    }
    assert.ok(seen.size > 3, command);
  }
});
