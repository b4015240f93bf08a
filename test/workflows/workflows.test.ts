import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { parse } from "yaml";

const root = path.resolve(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(path.join(root, file), "utf8");

/** Loose access: a test that names a wrong path fails by itself. */
// biome-ignore lint/suspicious/noExplicitAny: GitHub's workflow syntax
type Json = any;

const files = globSync(".github/{workflows,actions/*}/*.yml", { cwd: root }).sort();
const workflows: [string, Json][] = files
  .filter((file) => file.includes("workflows"))
  .map((file) => [file, parse(read(file))]);
const jobs: [string, Json, Json][] = workflows.flatMap(([file, workflow]) =>
  Object.entries<Json>(workflow.jobs).map(([name, job]): [string, Json, Json] => [
    `${file} ${name}`,
    job,
    workflow,
  ]),
);
const scripts = (job: Json): string =>
  (job.steps ?? []).map(({ run = "" }: Json) => run).join("\n");

test("every action is pinned by commit, with its version beside it, and once only", () => {
  const pins = new Map<string, string>();
  for (const file of files) {
    for (const [, used = ""] of read(file).matchAll(/uses: (.+)/g)) {
      if (used.startsWith("./")) continue;
      const [, name = "", pin] = /^([\w./-]+)@([0-9a-f]{40}) # v\d+\.\d+\.\d+$/.exec(used) ?? [];
      assert.ok(pin, `${file}: ${used}`);
      assert.equal(pins.get(name) ?? pin, pin, `${file}: two versions of ${name}`);
      pins.set(name, pin);
    }
  }
  assert.ok(pins.size >= 7, [...pins.keys()].join());
});

test("rights are read-only, and a job that has more says why", () => {
  for (const [file, workflow] of workflows) {
    assert.deepEqual(workflow.permissions, { contents: "read" }, file);
    for (const [, right = "", comment] of read(file).matchAll(/^ +([\w-]+): write(.*)$/gm)) {
      const allowed = ["id-token", "pull-requests", "issues"];
      assert.ok(allowed.includes(right), `${file}: ${right}`);
      assert.ok(comment?.startsWith(" # ") || file.endsWith("porter.yml"), `${file}: ${right}`);
    }
  }
});

test("credentials are an environment's, and no script has an expression in it", () => {
  for (const [name, job] of jobs) {
    if (/secrets\.|aws-role/.test(JSON.stringify(job.steps ?? []))) {
      assert.ok(job.environment, name);
    }
    // What a title or a branch is called would otherwise run as a command.
    assert.doesNotMatch(scripts(job), /\$\{\{/, name);
    assert.ok(job["timeout-minutes"] || job.uses, `${name} has a time limit`);
  }
});

test("a fork's run gets no credentials: those jobs ask for a branch of this repository", () => {
  const { jobs: preview, env } = parse(read(".github/workflows/preview.yml"));
  assert.match(env.CLOUDS, /head\.repo\.full_name == github\.repository/);
  assert.match(preview.clouds.if, /outputs\.clouds == 'true'/);
  assert.match(preview.simulated.if, /outputs\.clouds != 'true'/);
  assert.equal(preview.simulated.environment, undefined);
  assert.equal(preview.simulated.permissions, undefined);
  for (const [name, , workflow] of jobs) {
    assert.doesNotMatch(JSON.stringify(workflow.on), /pull_request_target/, name);
  }
});

test("only a deployment changes a cloud, and it follows the plan that was looked at", () => {
  for (const [name, job] of jobs) {
    const text = scripts(job);
    if (!/pulumi (up|destroy|refresh|import)/.test(text)) continue;
    assert.equal(name, ".github/workflows/up.yml up");
    assert.match(text, /pulumi up .*--plan plan\.json/);
    assert.equal(job.environment, `\${{ matrix.stack }}`);
    assert.equal(job.concurrency["cancel-in-progress"], false);
  }
});

test("every command that a workflow or the GitLab example runs exists", () => {
  const known = read("scripts/deliver.ts");
  let named = 0;
  for (const file of [...files, "examples/gitlab/.gitlab-ci.yml"]) {
    for (const [, command = ""] of read(file).matchAll(/scripts\/deliver\.ts ([a-z-]+)/g)) {
      assert.match(known, new RegExp(`^  "?${command}"?: `, "m"), `${file}: ${command}`);
      named += 1;
    }
  }
  assert.ok(named >= 10, `${named} commands`);
});

test("the GitLab example does the same: previews, the plan that was made, drift, pods first", () => {
  const { default: shared, ...rest } = parse(read("examples/gitlab/.gitlab-ci.yml"));
  const names = Object.keys(rest).filter((name) => rest[name]?.script !== undefined);
  assert.deepEqual(names.toSorted(), ["check", "drift", "plan", "porter-pods", "preview", "up"]);
  assert.match(rest.up.script.join("\n"), /pulumi up .*--plan plan\.json/);
  assert.deepEqual(rest.up.needs, ["plan"]);
  assert.equal(rest.up.when, "manual");
  assert.match(shared.image, /@sha256:|:\d/);
  for (const name of names) {
    assert.ok(rest[name].rules?.length > 0, `${name} says when it runs`);
  }
});

test("issue forms have what GitHub asks of them", () => {
  const forms = globSync(".github/ISSUE_TEMPLATE/*.yml", { cwd: root }).filter(
    (file) => !file.endsWith("config.yml"),
  );
  assert.ok(forms.length >= 2, forms.join());
  for (const file of forms) {
    const { name, description, body } = parse(read(file));
    assert.ok(name && description, file);
    const fields = body.filter(({ type }: Json) => type !== "markdown");
    assert.ok(fields.length > 0, file);
    assert.equal(new Set(fields.map(({ id }: Json) => id)).size, fields.length, file);
    for (const { type, attributes } of fields) {
      assert.match(type, /^(input|textarea|dropdown|checkboxes)$/);
      assert.ok(attributes.label, file);
    }
  }
});
