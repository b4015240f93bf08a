import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { findPulumi } from "../toolchain/pulumi.ts";
import { Advice, say } from "./terminal.ts";

export const root = path.resolve(import.meta.dirname, "..");
export const STACK = "local";

/**
 * The stack `local` with its state in `.local/` of this clone: no account, no login. The passphrase
 * is no secret, and neither is anything in the stack.
 */
export interface LocalStack {
  /** Runs the CLI with the terminal's own input and output. */
  run(...args: string[]): Promise<void>;
  /** Runs the CLI and gives its standard output. */
  read(...args: string[]): Promise<string>;
  /** True if the stack has been deployed from this clone and not destroyed and removed since. */
  exists(): boolean;
}

export async function openLocalStack(): Promise<LocalStack> {
  const cli = await findPulumi({ progress: say });
  const backend = path.join(root, ".local", "state");
  await mkdir(backend, { recursive: true });
  const env = {
    ...process.env,
    ...cli.env,
    PULUMI_HOME: path.join(root, ".local", "pulumi-home"),
    PULUMI_BACKEND_URL: `file://${backend}`,
    PULUMI_CONFIG_PASSPHRASE: "local",
    // The stack needs no cloud provider; without this the CLI would fetch those of every SDK installed.
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
  const start = (args: readonly string[], stdout: "inherit" | "pipe") =>
    new Promise<string>((resolve, reject) => {
      const child = spawn(cli.binary, ["--cwd", root, ...args], {
        env,
        stdio: ["ignore", stdout, "inherit"],
      });
      let text = "";
      child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      child.once("error", reject);
      child.once("close", (code) =>
        code === 0
          ? resolve(text)
          : reject(new Advice(`pulumi ${args[0]} failed with exit code ${code} (see above)`)),
      );
    });
  const stack: LocalStack = {
    run: async (...args) => {
      await start(args, "inherit");
    },
    read: (...args) => start(args, "pipe"),
    exists: () => existsSync(path.join(backend, ".pulumi", "stacks", "udp", `${STACK}.json`)),
  };
  if (await isLockedByTheDead(backend)) {
    say("an earlier run was killed and left its lock: taking it away");
    await stack.read("cancel", "--yes", "--stack", STACK);
  }
  return stack;
}

/** The file backend's lock names the process that took it; one that is gone will never give it back. */
async function isLockedByTheDead(backend: string): Promise<boolean> {
  const folder = path.join(backend, ".pulumi", "locks", "organization", "udp", STACK);
  if (!existsSync(folder)) {
    return false;
  }
  const locks = await readdir(folder);
  const owners = await Promise.all(
    locks.map(async (name) => JSON.parse(await readFile(path.join(folder, name), "utf8")).pid),
  );
  return locks.length > 0 && owners.every((pid) => !isRunning(pid));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
