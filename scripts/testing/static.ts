import { spawnSync } from "node:child_process";
import type { Tally } from "./run-files.ts";

const CHECKS = [
  // A lock file that fits this checkout only by what lies in node_modules breaks every fresh one.
  { name: "lock file (npm ci)", command: ["npm", "ci", "--dry-run", "--loglevel=error"] },
  { name: "types (tsc)", command: ["node_modules/.bin/tsc", "--noEmit"] },
  {
    name: "lint and format (biome)",
    command: ["node_modules/.bin/biome", "ci", "--colors=off", "."],
  },
] as const;

/** Checks that read the source without running it. */
export function runStaticChecks(root: string, print: (line: string) => void): Tally {
  const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
  for (const { name, command } of CHECKS) {
    const [program, ...args] = command;
    const result = spawnSync(program, args, { cwd: root, encoding: "utf8" });
    if (result.status === 0) {
      tally.passed += 1;
    } else {
      tally.failed += 1;
      print(`  FAILED   ${name}\n${result.stdout}${result.stderr}${result.error ?? ""}`);
    }
  }
  return tally;
}
