import { spawn } from "node:child_process";
import { killTree } from "./processes.ts";

export interface CommandResult {
  readonly exitCode: number;
  readonly terminal: string;
}

/**
 * Runs a command, and when it takes too long ends it with all that it has started: plugins,
 * language host and program.
 */
export async function runCommand(
  binary: string,
  args: readonly string[],
  options: {
    readonly cwd: string;
    readonly env: NodeJS.ProcessEnv;
    readonly timeoutMs: number;
    /** Ends the command early. */
    readonly signal: AbortSignal;
  },
): Promise<CommandResult> {
  options.signal.throwIfAborted();
  const child = spawn(binary, args, {
    cwd: options.cwd,
    env: options.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let terminal = "";
  const collect = (text: string): void => {
    terminal += text;
  };
  child.stdout.setEncoding("utf8").on("data", collect);
  child.stderr.setEncoding("utf8").on("data", collect);
  const end = (why: string): void => {
    collect(`\n${why}`);
    if (child.pid !== undefined) {
      killTree(child.pid);
    }
  };
  const timer = setTimeout(() => end(`ended after ${options.timeoutMs} ms`), options.timeoutMs);
  const abort = (): void => end("ended because the workspace was closed");
  options.signal.addEventListener("abort", abort, { once: true });
  try {
    return await new Promise<CommandResult>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve({ exitCode: code ?? 1, terminal }));
    });
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener("abort", abort);
  }
}
