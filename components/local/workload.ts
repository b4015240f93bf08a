import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

/** The installed package `udp-director`, as the processes of a local stack run it. */
export interface Workload {
  /** Program and first arguments; a subcommand and its options follow. */
  readonly command: readonly string[];
  /** Changes with the source, so that a local stack restarts what was edited. */
  readonly sourceHash: string;
}

/**
 * Finds the workload's command line. Its source is hashed, never imported: the components know the
 * director by its configuration schema and its executable only.
 */
export function findWorkload(): Workload {
  const manifest = createRequire(import.meta.url).resolve("udp-director/package.json");
  const folder = path.dirname(manifest);
  const { bin } = JSON.parse(readFileSync(manifest, "utf8"));
  const executable = path.join(folder, typeof bin === "string" ? bin : bin["udp-director"]);
  return {
    command: [process.execPath, executable],
    sourceHash: hashFiles([manifest, executable, ...sourceFiles(path.join(folder, "src"))]),
  };
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.includes(".test."))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}

function hashFiles(files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of files) {
    hash.update(readFileSync(file));
  }
  return hash.digest("hex").slice(0, 16);
}
