import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { NATIVE_FOLDER } from "./build.ts";

const run = promisify(execFile);
const SOURCES = ["ring.c", "table.c", "worker.c", "engine.c", "harness.c"];
const STRICT = ["-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-pthread"];

let folder: string;
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "director-native-"));
});
after(() => rm(folder, { recursive: true, force: true }));

/** Compiles the program of harness.c; the reason where this machine's compiler cannot. */
async function compile(name: string, flags: readonly string[]): Promise<string | undefined> {
  const sources = SOURCES.map((file) => path.join(NATIVE_FOLDER, file));
  try {
    await run("cc", [...STRICT, ...flags, "-o", path.join(folder, name), ...sources]);
    return undefined;
  } catch (error) {
    const { code, stderr = "" } = error as { code?: unknown; stderr?: string };
    if (code === "ENOENT") return "no C compiler";
    // A mistake in the sources is no reason to skip.
    if (/cannot find .*lib[at]san|unsupported option/.test(stderr)) return "no sanitizer here";
    throw error;
  }
}

for (const [name, flags, rounds] of [
  ["AddressSanitizer", ["-Werror", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"], 3],
  // It does not know atomic_thread_fence; what that is for (a lost wake-up) it would not see.
  ["ThreadSanitizer", ["-fsanitize=thread", "-Wno-tsan"], 2],
] as const) {
  test(`table, ring and workers hold under ${name}, told things at random while packets pass`, {
    timeout: 150_000,
  }, async (t) => {
    const missing = process.platform === "linux" ? await compile(name, flags) : "Linux only";
    if (missing !== undefined) {
      t.skip(missing);
      return;
    }
    const seed = process.env.FUZZ_SEED ?? String(Date.now() % 1_000_000);
    // Without address space randomization: some kernels leave ThreadSanitizer no room else.
    const args = ["-R", path.join(folder, name), seed, String(rounds)];
    const { stdout } = await run("setarch", args, { timeout: 120_000 }).catch((error) => {
      throw new Error(`FUZZ_SEED=${seed}: ${error.stderr || error.message}`);
    });
    assert.equal(stdout, "held\n");
  });
}
