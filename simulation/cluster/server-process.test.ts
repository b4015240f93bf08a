import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { which } from "../../toolchain/debian.ts";

const skip = process.platform !== "linux" || which("setpriv") === undefined;

for (const signal of ["SIGTERM", "SIGKILL"] as const) {
  test(`a server ends with whoever started it, ended by ${signal}`, { skip }, async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "server-process-"));
    try {
      const log = path.join(folder, "log");
      const module = fileURLToPath(new URL("./server-process.ts", import.meta.url));
      const program = `
        import { ServerProcess } from ${JSON.stringify(module)};
        new ServerProcess("sh", ["-c", "echo $$; exec sleep 60"], ${JSON.stringify(log)});`;
      const starter = spawn(process.execPath, ["--input-type=module", "-e", program]);
      const pid = await eventually(async () => Number(await readFile(log, "utf8")));
      assert.ok(existsSync(`/proc/${pid}`));
      starter.kill(signal);
      await once(starter, "exit");
      await eventually(async () => !existsSync(`/proc/${pid}`));
    } finally {
      await rm(folder, { recursive: true });
    }
  });
}

/** The first answer that says something, within ten seconds. */
async function eventually<T>(ask: () => Promise<T>): Promise<T> {
  for (let left = 500; left > 0; left--) {
    const answer = await ask().catch(() => undefined);
    if (answer) return answer;
    await pause(20);
  }
  throw new Error("not within ten seconds");
}
