import { appendFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Advice } from "../../terminal.ts";

/** Values of flags; what is not among the names is refused. */
export function flagsOf<const T extends string>(
  args: readonly string[],
  names: readonly T[],
): Partial<Record<T, string>> {
  const options = Object.fromEntries(names.map((name) => [name, { type: "string" as const }]));
  try {
    return parseArgs({ args: [...args], options }).values as Partial<Record<T, string>>;
  } catch (error) {
    throw new Advice((error as Error).message);
  }
}

/** A flag that has to be there. */
export function needed<T extends string>(flags: Partial<Record<T, string>>, name: T): string {
  const value = flags[name];
  if (value === undefined || value === "") {
    throw new Advice(`--${name} is missing`);
  }
  return value;
}

/** An environment variable of the runner that has to be there. */
export function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") {
    throw new Advice(`${name} is not set: this command runs in a workflow (docs/delivery.md)`);
  }
  return value;
}

/** Adds a line to a file of the runner, such as `GITHUB_OUTPUT`; without it to standard output. */
export function tell(file: "GITHUB_OUTPUT" | "GITHUB_STEP_SUMMARY", text: string): void {
  const target = process.env[file];
  if (target === undefined || target === "") {
    process.stdout.write(`${text}\n`);
  } else {
    appendFileSync(target, `${text}\n`);
  }
}
