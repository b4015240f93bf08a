import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { NODE_FLAGS } from "../src/node-flags.ts";
import { freePorts } from "../src/testing/free-ports.ts";
import { thisHost } from "../src/testing/lab/lab.ts";
import { clientOf, load, openStore, recorderOn, TARGET } from "./kept.ts";

/** Sessions that are written at a time. */
const TOGETHER = 500;

/** Has a store keep so many sessions. */
async function keep(count: number, kind: string, where: string): Promise<void> {
  const store = openStore(kind, where);
  const recorder = recorderOn(store);
  await load(store, recorder);
  const records = Array.from({ length: count }, (_, n) => ({
    ...clientOf(n),
    ...({ transport: "udp", origin: "token", token: undefined, target: TARGET } as const),
    ...{ createdAt: Date.now(), activeAt: Date.now(), targetSince: Date.now() },
  }));
  // The table has them too: a store that writes itself anew asks for it.
  recorder.restore({ sessions: records, tokens: [] });
  for (const [n, record] of records.entries()) {
    store.write({ kind: "session", record });
    if (n % TOGETHER === TOGETHER - 1) await store.flush();
  }
  await store.close();
}

/** Seconds in which a director that starts has so many sessions that another one kept. */
async function measure(count: number, kind: string, where: string): Promise<number> {
  await keep(count, kind, where);
  const program = join(import.meta.dirname, "recover.ts");
  const args = [...NODE_FLAGS, program, kind, where, `${count}`];
  const { restored, seconds } = JSON.parse(await thisHost.run(process.execPath, ...args));
  if (restored !== count) throw new Error(`${restored} of ${count} sessions were recovered`);
  return seconds;
}

/** How long recovering sessions takes, by kind of store. `redis`: a redis-server, if there is one. */
export async function recovery(count: number, redis: string | undefined) {
  const folder = await mkdtemp(join(tmpdir(), "bench-recovery-"));
  let server: ChildProcess | undefined;
  try {
    const path = join(folder, "journal");
    const found = [{ store: "a journal", seconds: await measure(count, "journal", path) }];
    if (redis === undefined) return found;
    const [port = 0] = await freePorts(1);
    const args = ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder, "--save", ""];
    server = spawn(redis, args, { stdio: "ignore" });
    await wait(500);
    const url = `redis://127.0.0.1:${port}/0`;
    found.push({ store: "Redis", seconds: await measure(count, "redis", url) });
    return found;
  } finally {
    if (server?.exitCode === null) {
      server.kill("SIGKILL");
      await once(server, "exit");
    }
    await rm(folder, { recursive: true, force: true });
  }
}
