import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "./cache.ts";
import { type Found, which } from "./debian.ts";
import type { Progress } from "./go-build.ts";

const run = promisify(execFile);

/** A command that Python packages bring. */
export interface PythonTool {
  /** Name of the executable, for example `moto_server`. */
  readonly command: string;
  /** File of pip with the versions of all packages. */
  readonly requirements: string;
}

/**
 * Finds a Python tool, in a virtual environment of its own in the user's cache; makes that when it
 * is missing. Never throws for what the machine lacks.
 */
export async function pythonTool(tool: PythonTool, progress: Progress): Promise<Found> {
  const python = which("python3");
  if (python === undefined) {
    return { missing: `${tool.command} needs Python 3, which is not installed` };
  }
  const wanted = createHash("sha256")
    .update(await readFile(tool.requirements))
    .digest("hex");
  const folder = path.join(cacheFolder(), "python", `${tool.command}-${wanted.slice(0, 12)}`);
  const file = path.join(folder, "bin", tool.command);
  if (existsSync(file)) {
    return { file };
  }
  progress(`installing ${tool.command} from ${path.basename(tool.requirements)}`);
  // Made in its place, since its scripts name their folder; pip puts the commands there last.
  const options = { maxBuffer: 64 * 1024 * 1024, timeout: 600_000 };
  try {
    await mkdir(path.dirname(folder), { recursive: true });
    await rm(folder, { recursive: true, force: true });
    await run(python, ["-m", "venv", folder], options);
    const pip = path.join(folder, "bin", "pip");
    const args = [
      "install",
      "--quiet",
      "--no-deps",
      "--only-binary=:all:",
      "-r",
      tool.requirements,
    ];
    await run(pip, args, options);
    return existsSync(file)
      ? { file }
      : { missing: `${tool.command} is not among what ${tool.requirements} installs` };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    const text = String((error as { stderr?: string }).stderr || error).trim();
    return { missing: `${tool.command} could not be installed: ${text.split("\n").at(-1)}` };
  }
}
