import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { runMutation } from "./run-mutation.ts";
import { traps } from "./traps.ts";

describe("without its fix", { concurrency: 2 }, () => {
  for (const { number, mutations } of traps) {
    for (const [index, mutation] of mutations.entries()) {
      test(`trap ${number}.${index + 1} turns its test red: ${mutation.file}`, async () => {
        const { outcome, mutated, output } = await runMutation(mutation);
        assert.ok(mutated, `${mutation.file} is not loaded by ${mutation.in}\n${output}`);
        assert.equal(outcome, "failed", `"${mutation.test}" ${outcome}\n${output}`);
      });
    }
  }
});
