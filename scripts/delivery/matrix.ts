import type { Stack } from "./affected-stacks.ts";

/** A job of a workflow's matrix. */
export interface Job {
  readonly stack: string;
  readonly platform: string;
  /** Label of the runner. */
  readonly runner: string;
}

const RUNNER = "ubuntu-24.04";

/**
 * One job a stack. The stack of this machine has nothing in any cloud, and no job.
 *
 * @param runners Labels of self-hosted runners by stack: a cluster at home is not to be reached
 *   from anywhere else.
 */
export function matrixOf(
  stacks: readonly Stack[],
  runners: Readonly<Record<string, string>>,
): readonly Job[] {
  return stacks
    .filter(({ platform }) => platform !== "local")
    .map(({ name, platform }) => ({ stack: name, platform, runner: runners[name] ?? RUNNER }));
}
