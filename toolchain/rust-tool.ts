import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "./cache.ts";
import type { Progress } from "./go-build.ts";

/** A program of a crate, by its version. */
export interface RustTool {
  readonly name: string;
  readonly version: string;
  /** Flags of rustc, for processors that have what the crate needs. */
  readonly rustFlags?: string;
  /** What to expect, for the line that says that it is being built, such as "8 minutes". */
  readonly takes: string;
}

/** Where an executable is, or will be: once for each user and version. */
export function rustToolFile({ name, version }: RustTool): string {
  const folder = `${name}-v${version}-${process.platform}-${process.arch}`;
  return path.join(cacheFolder(), "rust-tools", folder, "bin", name);
}

/** Builds it with the crate's own lock file, where that has not been done. Needs cargo on PATH. */
export async function rustTool(tool: RustTool, progress: Progress): Promise<string> {
  const file = rustToolFile(tool);
  if (existsSync(file)) return file;
  const { name, version, rustFlags = "", takes } = tool;
  progress(`building ${name} ${version} from its crate: once for this user, ${takes} on 2 cores`);
  const root = path.dirname(path.dirname(file));
  // Beside its place until it is whole: another run must not take half of it.
  const building = `${root}.${process.pid}`;
  try {
    await mkdir(building, { recursive: true });
    await promisify(execFile)(
      "cargo",
      ["install", name, "--version", version, "--locked", "--root", building],
      { env: { ...process.env, RUSTFLAGS: rustFlags }, maxBuffer: 256 * 1024 * 1024 },
    );
    if (!existsSync(file)) {
      await rm(root, { recursive: true, force: true });
      await rename(building, root);
    }
  } finally {
    await rm(building, { recursive: true, force: true });
  }
  return file;
}
