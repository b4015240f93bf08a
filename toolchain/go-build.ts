import { execFile, spawn } from "node:child_process";
import { mkdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

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
 * Builds a pinned Go tool and moves it into place in one step, so that an interrupted build leaves
 * nothing half-made. Says how far it is about every ten seconds.
 *
 * @throws Error with the last lines of the compiler's output.
 */
export async function buildGoTool(tool: GoTool, progress: Progress): Promise<void> {
  const options = {
    cwd: tool.moduleFolder,
    env: { ...process.env, CGO_ENABLED: "0" },
    maxBuffer: 64 * 1024 * 1024,
  };
  progress("downloading modules …");
  await run("go", ["mod", "download"], options);
  const packages = (await run("go", ["list", "-deps", tool.package], options)).stdout
    .trim()
    .split("\n").length;

  await mkdir(path.dirname(tool.target), { recursive: true });
  const unfinished = `${tool.target}.${process.pid}.part`;
  const child = spawn(
    "go",
    ["build", "-v", "-trimpath", ...(tool.flags ?? []), "-o", unfinished, tool.package],
    { ...options, stdio: ["ignore", "ignore", "pipe"] },
  );
  const tail: string[] = [];
  let compiled = 0;
  const ticker = setInterval(
    () => progress(`compiled ${compiled} of at most ${packages} packages …`),
    10_000,
  );
  createInterface({ input: child.stderr }).on("line", (line) => {
    compiled += 1;
    tail.push(line);
    tail.splice(0, tail.length - 12);
  });
  try {
    await new Promise<void>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) =>
        code === 0 ? resolve() : reject(new Error(`go build failed:\n${tail.join("\n")}`)),
      );
    });
    await rename(unfinished, tool.target);
  } finally {
    clearInterval(ticker);
    await rm(unfinished, { force: true });
  }
}
