import { execFile } from "node:child_process";
import { promisify } from "node:util";

const exec = promisify(execFile);

export interface RunOptions {
  /** Milliseconds. Left out: a minute. */
  readonly timeoutMs?: number;
  /** Left out: our own. */
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs a command to its end and gives what it wrote. Rejects with what it said on standard error. */
export async function run(
  command: string,
  args: readonly string[],
  { timeoutMs = 60_000, env = process.env }: RunOptions = {},
) {
  try {
    return await exec(command, [...args], {
      timeout: timeoutMs,
      env,
      maxBuffer: 64 * 1024 * 1024,
    });
  } catch (error) {
    const { stderr = "" } = error as { stderr?: string };
    const line = [command, ...args].join(" ");
    throw new Error(`${line}: ${stderr.trim() || error}`, { cause: error });
  }
}
