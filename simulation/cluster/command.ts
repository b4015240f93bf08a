import { execFile } from "node:child_process";
import { promisify } from "node:util";

const exec = promisify(execFile);

/** Runs a command to its end and gives what it wrote. Rejects with what it said on standard error. */
export async function run(command: string, args: readonly string[], timeoutMs = 60_000) {
  try {
    return await exec(command, [...args], { timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    const { stderr = "" } = error as { stderr?: string };
    const line = [command, ...args].join(" ");
    throw new Error(`${line}: ${stderr.trim() || error}`, { cause: error });
  }
}
