import { execFile } from "node:child_process";
import path from "node:path";
import type { Mutation } from "./trap.ts";

const root = path.resolve(import.meta.dirname, "../..");
const PRELOADED = path.join(import.meta.dirname, "mutate.ts");

/** How the named test of a mutation ended. */
export interface MutationResult {
  /** `absent`: there is no such test, or its file could not even be loaded. */
  readonly outcome: "failed" | "passed" | "absent";
  /** Whether the changed text was loaded at all. */
  readonly mutated: boolean;
  /** What the test run printed. */
  readonly output: string;
}

/** Runs the test of a mutation with its fix taken out. No file is changed. */
export async function runMutation(mutation: Mutation): Promise<MutationResult> {
  const { from, to } = mutation;
  const escaped = mutation.test.replaceAll(/[/\\^$.*+?()[\]{}|]/g, "\\$&");
  const args = [
    ...["--import", PRELOADED],
    "--test-reporter=tap",
    `--test-name-pattern=/^${escaped}$/`,
    path.join(root, mutation.in),
  ];
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    MUTATION: JSON.stringify({ file: path.join(root, mutation.file), from, to }),
  };
  // Set by a test runner for its children, which would then report to it.
  delete env.NODE_TEST_CONTEXT;
  const options = { cwd: root, env, timeout: 120_000, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve) => {
    execFile(process.execPath, args, options, (_error, stdout, stderr) => {
      const line = (word: string) =>
        stdout.split("\n").some((text) => {
          const [, verdict, title] = /^\s*(ok|not ok) \d+ - (.*)$/.exec(text) ?? [];
          return verdict === word && title === tapTitle(mutation.test);
        });
      const outcome = line("not ok") ? "failed" : line("ok") ? "passed" : "absent";
      const mutated = /^mutated$/m.test(stderr);
      resolve({ outcome, mutated, output: `${stdout}${stderr}` });
    });
  });
}

/** TAP escapes what would begin a directive. */
const tapTitle = (title: string) => title.replaceAll("\\", "\\\\").replaceAll("#", "\\#");
