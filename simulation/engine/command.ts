import { spawn } from "node:child_process";

export interface CommandResult {
  readonly exitCode: number;
  readonly terminal: string;
}

/**
 * Runs a command in a process group of its own, and ends the whole group when it takes too long:
 * the engine's plugins and the program are its children.
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
    detached: true,
  });
  let terminal = "";
  const collect = (text: string): void => {
    terminal += text;
  };
  child.stdout.setEncoding("utf8").on("data", collect);
  child.stderr.setEncoding("utf8").on("data", collect);
  const end = (why: string): void => {
    collect(`\n${why}`);
    killGroup(child.pid);
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
    // What the engine left behind in its group, if anything.
    killGroup(child.pid);
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) {
    return;
  }
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // The group is gone: nothing was left.
  }
}
