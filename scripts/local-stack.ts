import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { withoutPersonal } from "../toolchain/environment.ts";
import { findPulumi } from "../toolchain/pulumi.ts";
import { Advice, root, say } from "./terminal.ts";

export const STACK = "local";

/**
 * The stack `local` with its state in `.local/` of this clone: no account, no login. The passphrase
 * is no secret, and neither is anything in the stack.
 */
export interface LocalStack {
  /** Runs the CLI on the stack, with the terminal's own output. */
  run(...args: string[]): Promise<void>;
  /** Runs the CLI on the stack and gives its standard output. A failure carries both outputs. */
  read(...args: string[]): Promise<string>;
  /** True if the stack has been deployed from this clone and not destroyed and removed since. */
  exists(): boolean;
}

/** Commands of the CLI that take a stack file. */
const READS_CONFIG: ReadonlySet<string> = new Set(["up", "preview", "refresh", "destroy"]);

export interface LocalStackOptions {
  /** Folder for the state and the CLI's home. Left out: `.local` of this clone. */
  readonly folder?: string;
  /** Left out: `Pulumi.local.yaml`. */
  readonly configFile?: string;
}

export async function openLocalStack(options: LocalStackOptions = {}): Promise<LocalStack> {
  const cli = await findPulumi({ progress: say });
  const folder = options.folder ?? path.join(root, ".local");
  const backend = path.join(folder, "state");
  await mkdir(backend, { recursive: true });
  const env = {
    ...withoutPersonal(process.env),
    ...cli.env,
    PULUMI_HOME: path.join(folder, "pulumi-home"),
    PULUMI_BACKEND_URL: `file://${backend}`,
    PULUMI_CONFIG_PASSPHRASE: "local",
    // The stack needs no cloud provider; without this the CLI would fetch those of every SDK installed.
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
  const start = (args: readonly string[], output: "inherit" | "pipe") =>
    new Promise<string>((resolve, reject) => {
      const config =
        options.configFile && READS_CONFIG.has(args[0] ?? "")
          ? ["--config-file", options.configFile]
          : [];
      const child = spawn(cli.binary, ["--cwd", root, ...args, "--stack", STACK, ...config], {
        env,
        stdio: ["ignore", output, output],
      });
      let text = "";
      let all = "";
      child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
        all += chunk;
      });
      child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
        all += chunk;
      });
      child.once("error", reject);
      child.once("close", (code) => {
        const told = output === "inherit" ? " (see above)" : `:\n${all}`;
        return code === 0
          ? resolve(text)
          : reject(new Advice(`pulumi ${args[0]} failed with exit code ${code}${told}`));
      });
    });
  const stateFile = path.join(backend, ".pulumi", "stacks", "udp", `${STACK}.json`);
  await checkReadable(stateFile, backend);
  const stack: LocalStack = {
    run: async (...args) => {
      await start(args, "inherit");
    },
    read: (...args) => start(args, "pipe"),
    exists: () => existsSync(stateFile),
  };
  if (await isLockedByTheDead(backend)) {
    say("an earlier run was killed and left its lock: taking it away");
    await stack.read("cancel", "--yes");
  }
  return stack;
}

/** A full disk or a crash can cut the state short; the CLI's own message for that names no way out. */
async function checkReadable(stateFile: string, backend: string): Promise<void> {
  if (!existsSync(stateFile)) {
    return;
  }
  try {
    JSON.parse(await readFile(stateFile, "utf8"));
  } catch (error) {
    throw new Advice(
      `${stateFile} is damaged (${(error as Error).message}): delete ${backend} and run this again; ` +
        "processes that still run make room by themselves",
    );
  }
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
