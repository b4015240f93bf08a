import { homedir } from "node:os";
import path from "node:path";

/**
 * One folder of the user's for what is slow to get, with a subfolder a version: it outlives clones
 * and is safe to delete. `$XDG_CACHE_HOME/pulumi-udp`, else `~/.cache/pulumi-udp`.
 */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return path.join(environment.XDG_CACHE_HOME || path.join(homedir(), ".cache"), "pulumi-udp");
}

/** Where Node keeps what it has compiled (`NODE_COMPILE_CACHE`), once for a machine. */
export function compileCacheFolder(): string {
  return path.join(cacheFolder(), "node-compile-cache");
}
