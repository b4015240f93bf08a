import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { DirectorConfigInput } from "../../config/schema.ts";
import { NODE_FLAGS } from "../../node-flags.ts";
import type { LabHost } from "./lab.ts";

/** A director as its own process, inside a host of the lab. */
export interface LabDirector {
  /** Log lines so far, parsed. */
  readonly log: readonly { readonly msg: string; readonly [field: string]: unknown }[];
  readonly pid: number | undefined;
  /** Milliseconds from its start until it was ready. */
  readonly readyMs: number;
  /** Value of a metric with exactly these labels in its text form. */
  metric(series: string): Promise<number | undefined>;
  /** Ends it as an orchestrator does, or by force. */
  stop(signal?: "SIGTERM" | "SIGKILL"): Promise<void>;
}

/** How long an orchestrator waits before it kills: Kubernetes' default. */
const STOP_MS = 30_000;

/** Starts one; resolves when it is ready. `metrics`: address that its metrics port listens on. */
export async function startLabDirector(
  host: Pick<LabHost, "run" | "start">,
  config: DirectorConfigInput & { readonly metricsListen?: string[] | undefined },
): Promise<LabDirector> {
  const folder = await mkdtemp(join(tmpdir(), "director-lab-"));
  const file = join(folder, "config.json");
  await writeFile(file, JSON.stringify(config));
  const main = join(import.meta.dirname, "../../main.ts");
  const child = host.start(process.execPath, [...NODE_FLAGS, main, "serve"], { CONFIG_PATH: file });
  const log: LabDirector["log"][number][] = [];
  const started = performance.now();
  try {
    await ready(child, log);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  const readyMs = performance.now() - started;
  const [address = ""] = config.metricsListen ?? [];
  const url = `http://${address.includes(":") ? `[${address}]` : address}:${config.metricsPort ?? 9090}/metrics`;
  return {
    log,
    pid: child.pid,
    readyMs,
    async metric(series) {
      // Without an agent no connection is kept, for whose end the process would wait for seconds.
      const got = `http.get(${JSON.stringify(url)}, { agent: false }, (r) => r.pipe(process.stdout))`;
      const text = await host.run(process.execPath, "--eval", got);
      const line = text.split("\n").find((one) => one.startsWith(`${series} `));
      return line === undefined ? undefined : Number(line.slice(series.length + 1));
    },
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      let late = false;
      const limit = setTimeout(() => {
        late = child.kill("SIGKILL");
      }, STOP_MS);
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      clearTimeout(limit);
      await rm(folder, { recursive: true, force: true });
      if (late) throw new Error(`the director did not end within ${STOP_MS / 1000} s`);
    },
  };
}

async function ready(child: ChildProcess, log: LabDirector["log"][number][]): Promise<void> {
  if (child.stdout === null || child.stderr === null) throw new Error("no output");
  let mistakes = "";
  child.stderr.on("data", (text) => {
    mistakes += text;
  });
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      const entry = JSON.parse(line);
      log.push(entry);
      if (entry.msg === "ready") resolve();
    });
    child.once("exit", (code) => reject(new Error(`the director ended with ${code}: ${mistakes}`)));
  });
}
