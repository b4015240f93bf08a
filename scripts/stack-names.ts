import { existsSync, globSync } from "node:fs";
import path from "node:path";
import { Advice, root } from "./terminal.ts";

/** The stacks of this repository, by name. */
export const allStacks = (): string[] =>
  globSync("Pulumi.*.yaml", { cwd: root })
    .map((file) => file.split(".")[1] ?? "")
    .sort();

/**
 * Holds that a stack of this repository was named.
 *
 * @param usage The command, for the message.
 */
export function existingStack(stack: string | undefined, usage: string): string {
  const stacks = allStacks();
  if (stack === undefined || stack.startsWith("-")) {
    throw new Advice(`name one stack: ${usage} -- ${stacks.join("|")}`);
  }
  if (!existsSync(path.join(root, `Pulumi.${stack}.yaml`))) {
    throw new Advice(`there is no Pulumi.${stack}.yaml: the stacks are ${stacks.join(", ")}`);
  }
  return stack;
}
