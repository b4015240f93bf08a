import { execFile, type SpawnOptions, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { withFileLock } from "./file-lock.ts";

const run = promisify(execFile);

/** A command of a Go module that a `go.mod` beside us pins by version and checksum. */
export interface GoTool {
  /** Folder with `go.mod` and `go.sum`. */
  readonly moduleFolder: string;
  /** Import path of the main package. */
  readonly package: string;
  /** Where the executable goes. */
  readonly target: string;
  readonly flags?: readonly string[];
}

/** Packages at a time: more of Kubernetes' at once take more memory than a small machine has. */
const PARALLEL = "2";

export type Progress = (line: string) => void;

/** Version of the Go command on PATH, or `undefined` where there is none. */
export async function goVersion(
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string | undefined> {
  try {
    return (await run("go", ["env", "GOVERSION"], { env: environment })).stdout
      .trim()
      .replace(/^go/, "");
  } catch {
    return undefined;
  }
}

/**
 * Builds a pinned Go tool, unless it is there, and moves it into place in one step, so that an
 * interrupted build leaves nothing half-made. Of processes that want the same one at the same time,
 * one builds it and the others wait. Says how far it is about every ten seconds.
 *
 * @throws Error with the last lines of the compiler's output.
 */
export function buildGoTool(tool: GoTool, progress: Progress): Promise<void> {
  return withFileLock(
    `${tool.target}.lock`,
    async () => {
      if (!existsSync(tool.target)) await build(tool, progress);
    },
    (holder) => progress(`waiting: process ${holder} is building it …`),
  );
}

async function build(tool: GoTool, progress: Progress): Promise<void> {
  const options = {
    cwd: tool.moduleFolder,
    env: { ...process.env, CGO_ENABLED: "0" },
  };
  const packages = await countPackages(tool, options, progress);
  const unfinished = `${tool.target}.${process.pid}.part`;
  let compiled = 0;
  try {
    await goCommand(
      [
        "build",
        "-v",
        "-trimpath",
        "-p",
        PARALLEL,
        ...(tool.flags ?? []),
        "-o",
        unfinished,
        tool.package,
      ],
      options,
      () => {
        compiled += 1;
      },
      () => progress(`compiled ${compiled} of at most ${packages} packages …`),
    );
    await rename(unfinished, tool.target);
  } finally {
    await rm(unfinished, { force: true });
  }
}

/** Folder of a module's sources in Go's own cache, fetched when it is not there. */
export async function moduleFolderOf(moduleFolder: string, module: string): Promise<string> {
  const options = { cwd: moduleFolder };
  await run("go", ["mod", "download", module], options);
  return (await run("go", ["list", "-m", "-f", "{{.Dir}}", module], options)).stdout.trim();
}

/**
 * Number of packages that a command is made of. Fetches the modules that hold them, and only those:
 * `go mod download` would ask for every module that the graph names, some of which no proxy has.
 */
async function countPackages(
  tool: GoTool,
  options: SpawnOptions,
  progress: Progress,
): Promise<number> {
  let modules = 0;
  const list = await goCommand(
    ["list", "-deps", tool.package],
    options,
    () => {
      modules += 1;
    },
    () => progress(`fetched ${modules} modules …`),
  );
  return list.trim().split("\n").length;
}

/** Runs Go, tells of each line on standard error and gives what it wrote to standard output. */
async function goCommand(
  args: readonly string[],
  options: SpawnOptions,
  onLine: () => void,
  everyTenSeconds: () => void,
): Promise<string> {
  const child = spawn("go", args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  const ticker = setInterval(everyTenSeconds, 10_000);
  const tail: string[] = [];
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    output += chunk;
  });
  createInterface({ input: child.stderr }).on("line", (line) => {
    onLine();
    tail.push(line);
    tail.splice(0, tail.length - 12);
  });
  try {
    return await new Promise<string>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) =>
        code === 0
          ? resolve(output)
          : reject(new Error(`go ${args[0]} failed:\n${tail.join("\n")}`)),
      );
    });
  } finally {
    clearInterval(ticker);
  }
}
