import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import type { Progress } from "./go-build.ts";

const run = promisify(execFile);

/** Where Debian puts servers, which an unprivileged PATH leaves out. */
const SYSTEM_FOLDERS = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin"];
/** Exists while a package is installed: its answer keeps the package from starting its service. */
const POLICY = "/usr/sbin/policy-rc.d";

/** A command that a Debian package brings. */
export interface DebianCommand {
  /** Name of the executable, for example `redis-server`. */
  readonly command: string;
  /** Name of the package, where it differs. */
  readonly package?: string;
  /** Where it lies, if that is no folder for commands; nowhere else is looked for it then. */
  readonly folder?: string;
}

export type Found =
  | { readonly file: string }
  | {
      /** Why it is not there and could not be installed, in a line: the reason of a skipped test. */
      readonly missing: string;
    };

/** An executable by name, on PATH or where Debian keeps servers. */
export function which(command: string, search = process.env.PATH ?? ""): string | undefined {
  return [...search.split(path.delimiter), ...SYSTEM_FOLDERS]
    .filter((folder) => folder !== "")
    .map((folder) => path.join(folder, command))
    .find((file) => existsSync(file));
}

/**
 * Finds a command that tests need; as root on Debian installs its package when it is missing, with
 * no service started. Never throws for what the machine lacks.
 */
export async function debianCommand(wanted: DebianCommand, progress: Progress): Promise<Found> {
  const present = findCommand(wanted);
  if (present !== undefined) {
    return { file: present };
  }
  const name = wanted.package ?? wanted.command;
  if (which("apt-get") === undefined) {
    return {
      missing: `${wanted.command} is not installed, and this is no Debian to install it on`,
    };
  }
  if (process.getuid?.() !== 0) {
    return {
      missing: `${wanted.command} is not installed: run "apt-get install ${name}" as root`,
    };
  }
  progress(`installing the Debian package ${name}`);
  try {
    await install(name);
  } catch (error) {
    const text = String((error as { stderr?: string }).stderr || error).trim();
    return { missing: `${name} could not be installed: ${text.split("\n").at(-1)}` };
  }
  const file = findCommand(wanted);
  return file === undefined
    ? { missing: `${name} is installed and has no ${wanted.command}` }
    : { file };
}

/** In its own folder alone, if it has one: `bridge` is a plug-in there, and a command of iproute2. */
export function findCommand({ command, folder }: DebianCommand): string | undefined {
  if (folder === undefined) return which(command);
  const file = path.join(folder, command);
  return existsSync(file) ? file : undefined;
}

async function install(name: string): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const options = { env, maxBuffer: 64 * 1024 * 1024, timeout: 600_000 };
  const ownPolicy = !existsSync(POLICY);
  if (ownPolicy) {
    // invoke-rc.d(8): 101 forbids the action.
    await writeFile(POLICY, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  }
  try {
    const args = ["install", "--yes", "--no-install-recommends", name];
    try {
      await run("apt-get", args, options);
    } catch {
      // A fresh machine has no package lists yet, or old ones.
      await run("apt-get", ["update"], options);
      await run("apt-get", args, options);
    }
  } finally {
    if (ownPolicy) {
      await rm(POLICY, { force: true });
    }
  }
}
