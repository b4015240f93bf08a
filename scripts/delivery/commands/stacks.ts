import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { text } from "node:stream/consumers";
import { say } from "../../terminal.ts";
import { affectedStacks, type Sources, stacksOf } from "../affected-stacks.ts";
import { matrixOf } from "../matrix.ts";
import { flagsOf, tell } from "./flags.ts";

const root = path.resolve(import.meta.dirname, "../../..");
const FOLDERS = "{components,infra,stacks,udp-director}/**/*.{ts,yaml,json}";

/** The working tree, without what is installed. */
export const workingTree: Sources = {
  files: new Set(
    [
      ...globSync(FOLDERS, { cwd: root, exclude: (name) => name === "node_modules" }),
      ...globSync("*.{yaml,json}", { cwd: root }),
    ].map((file) => file.split(path.sep).join("/")),
  ),
  read: (file) => readFileSync(path.join(root, file), "utf8"),
};

/**
 * `stacks [--only STACK|all] [--runners JSON]`: the matrix of the stacks that the paths on standard
 * input alter (`git diff --name-only`), or of the named one. `--runners` says which run elsewhere
 * than on GitHub's machines, such as `{"pi-home":"home"}`.
 */
export async function run(args: string[]): Promise<void> {
  const { only, runners } = flagsOf(args, ["only", "runners"]);
  const changed = only ? [] : (await text(process.stdin)).split("\n").filter(Boolean);
  const stacks = only
    ? stacksOf(workingTree).filter(({ name }) => only === "all" || name === only)
    : affectedStacks(changed, workingTree);
  const matrix = matrixOf(stacks, JSON.parse(runners || "{}"));
  say(`stacks: ${matrix.map(({ stack }) => stack).join(", ") || "none"}`);
  tell("GITHUB_OUTPUT", `stacks=${JSON.stringify(matrix)}`);
}
