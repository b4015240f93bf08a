import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { runMutation } from "./run-mutation.ts";
import { trapTable } from "./table.ts";
import { traps } from "./traps.ts";

const root = path.resolve(import.meta.dirname, "../..");
const read = (file: string) => readFileSync(path.join(root, file), "utf8");

test("docs/traps.md lists every trap as the mutation run has it", () => {
  const listed = read("docs/traps.md").split("<!-- traps -->\n")[1];
  assert.equal(listed, `${trapTable()}\n`, "run: node test/traps/table.ts");
});

test("all forty traps are there, each with something that takes its fix out", () => {
  assert.deepEqual(
    traps.map(({ number }) => number),
    Array.from({ length: 40 }, (_, index) => index + 1),
  );
  for (const { number, mutations } of traps) {
    assert.ok(mutations.length > 0, `trap ${number}`);
    for (const { file, from, to, in: where } of mutations) {
      assert.notEqual(from, to, `trap ${number}`);
      assert.ok(existsSync(path.join(root, where)), where);
      assert.equal(read(file).split(from).length, 2, `trap ${number}: "${from}" once in ${file}`);
    }
  }
});

const NAMES = {
  file: "components/aws/names.ts",
  in: "components/aws/names.test.ts",
  test: "a name that fits stays, different names stay different, the same one stays the same",
  from: "return name;",
};

test("the mutation run can fail: it tells a red test from a green and from a missing one", async () => {
  const red = await runMutation({ ...NAMES, to: 'return "same";' });
  assert.deepEqual([red.outcome, red.mutated], ["failed", true], red.output);
  const green = await runMutation({ ...NAMES, to: "return name.slice();" });
  assert.deepEqual([green.outcome, green.mutated], ["passed", true], green.output);
  const missing = await runMutation({ ...NAMES, to: "return name;", test: "no such test" });
  assert.equal(missing.outcome, "absent", missing.output);
  // Text that is not there any more, or a change that is no program, is not a test that failed.
  const gone = await runMutation({ ...NAMES, from: "no such text", to: "" });
  assert.deepEqual([gone.outcome, gone.mutated], ["absent", false], gone.output);
  const broken = await runMutation({ ...NAMES, to: "return (;" });
  assert.equal(broken.outcome, "absent", broken.output);
  const elsewhere = await runMutation({ ...NAMES, file: "components/aks/role.ts", to: "" });
  assert.deepEqual([elsewhere.outcome, elsewhere.mutated], ["passed", false], elsewhere.output);
});
