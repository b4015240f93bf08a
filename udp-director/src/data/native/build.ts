import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The addon's sources, and in an image the built addon in place of them. */
export const NATIVE_FOLDER = path.join(import.meta.dirname, "../../../native");
const NAME = "udp-director.node";

/** How a C compiler makes the addon. Node-API is the same for all versions of Node. */
const FLAGS = ["-std=gnu11", "-O2", "-fPIC", "-shared", "-pthread", "-Wall", "-Wextra"];
/** Files of the addon; harness.c beside them is a program of the tests. */
const isSource = (file: string) => /\.[ch]$/.test(file) && file !== "harness.c";
/** What to say meanwhile. */
export const COMPILING = "compiling the native data path, once for this user";
/** A compiler on a busy machine. Milliseconds. */
const COMPILE_MS = 120_000;

/** Who has the addon compiled, and what else may be set. */
export interface BuildOptions {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Called before it is compiled, which takes a second or two. */
  readonly compiling?: () => void;
}

/**
 * The built addon's file: the one that an image brings, or one for these sources in the user's
 * cache (`$XDG_CACHE_HOME/udp-director`, else `~/.cache/udp-director`), compiled by `cc` where it
 * is not there yet. Rejects, with the reason, where it cannot be had.
 */
export async function nativeAddonFile(options: BuildOptions = {}): Promise<string> {
  const { environment = {}, compiling } = options;
  if (process.platform !== "linux") throw new Error("it is written for Linux");
  const shipped = path.join(NATIVE_FOLDER, NAME);
  if (existsSync(shipped)) return shipped;
  const cache = environment.XDG_CACHE_HOME || path.join(homedir(), ".cache");
  const file = path.join(cache, "udp-director", `native-${await fingerprint()}`, NAME);
  if (!existsSync(file)) {
    compiling?.();
    await buildNative(file, environment);
  }
  return file;
}

/**
 * Compiles the addon by the `cc` on the environment's PATH. Whoever reads `file` meanwhile sees the
 * whole of it or nothing.
 */
export async function buildNative(
  file: string,
  environment: BuildOptions["environment"] = {},
): Promise<void> {
  const headers = createRequire(import.meta.url)("node-api-headers") as { include_dir: string };
  const sources = (await sourceFiles()).filter((name) => name.endsWith(".c"));
  await mkdir(path.dirname(file), { recursive: true });
  const made = `${file}.${randomUUID()}`;
  try {
    const files = sources.map((name) => path.join(NATIVE_FOLDER, name));
    await run("cc", [...FLAGS, "-I", headers.include_dir, "-o", made, ...files], {
      timeout: COMPILE_MS,
      ...(environment.PATH === undefined ? {} : { env: { ...environment } }),
    });
    await rename(made, file);
  } catch (error) {
    const { code, stderr } = error as { readonly code?: unknown; readonly stderr?: string };
    const what = code === "ENOENT" ? "there is no C compiler (cc)" : stderr?.split("\n")[0];
    throw new Error(`it is not built: ${what || (error as Error).message}`);
  } finally {
    await rm(made, { force: true });
  }
}

async function sourceFiles(): Promise<string[]> {
  return (await readdir(NATIVE_FOLDER)).filter(isSource).sort();
}

/** Another one for other sources, flags or machines. */
async function fingerprint(): Promise<string> {
  const hash = createHash("sha256").update(`${process.arch} ${FLAGS.join(" ")}`);
  for (const name of await sourceFiles()) {
    hash.update(`\0${name}\0`).update(await readFile(path.join(NATIVE_FOLDER, name)));
  }
  return hash.digest("hex").slice(0, 16);
}
