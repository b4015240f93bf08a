import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { compileCacheFolder } from "../../toolchain/cache.ts";

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, "../..");

/** What importing modules took, in a process of its own. */
export interface Load {
  /** Paths of the CommonJS files: SDKs are such. */
  readonly files: readonly string[];
  /** CPU milliseconds from the start of Node until the modules are loaded, compile cache warm. */
  readonly cpuMs: number;
}

/** Imports modules one after the other, by the names that a file in the repository's root uses. */
export async function load(...modules: readonly string[]): Promise<Load> {
  const script = `
    import Module from "node:module";
    ${modules.map((module) => `await import(${JSON.stringify(module)});`).join("\n")}
    const { user, system } = process.cpuUsage();
    const files = Object.keys(Module._cache);
    process.stdout.write(JSON.stringify({ files, cpuMs: (user + system) / 1000 }));`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: root,
    env: { ...process.env, NODE_COMPILE_CACHE: compileCacheFolder() },
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(stdout);
}
