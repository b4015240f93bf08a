import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { DEFAULT_MAGIC_HEX, parseMagic } from "../src/protocol/control-packet.ts";
import type { Ingress } from "../src/sessions/session-ports.ts";
import { SessionTable } from "../src/sessions/session-table.ts";
import { makeTarget } from "../src/sessions/target.ts";
import { JournalStore } from "../src/store/journal-store.ts";
import { RedisStore } from "../src/store/redis-store.ts";
import type { SessionStore } from "../src/store/session-store.ts";
import { StateRecorder } from "../src/store/state-recorder.ts";
import { freePorts } from "../src/testing/free-ports.ts";

/** Look-ups at a time. */
const TOGETHER = 500;
const nothing = () => undefined;
const report = { error: nothing, info: nothing, warn: nothing };
const TARGET = makeTarget("10.0.1.1", [["game", 7777]], "gameserver/games/arena");

interface Opened {
  readonly store: SessionStore;
  readonly recorder: StateRecorder;
}

/** A session table on a store, as a director has it. */
function openOn(store: SessionStore): Opened {
  const now = () => performance.now();
  const recorder = new StateRecorder({ store, now, wallNow: Date.now, activityMs: 10_000 });
  recorder.table = new SessionTable<undefined, Ingress>(
    {
      magic: parseMagic(DEFAULT_MAGIC_HEX),
      ...{ sessionTimeoutMs: 600_000, maxSessions: 5_000_000 },
      ...{ tokenTtlMs: 30_000, maxTokens: 5_000_000, keeper: recorder },
    },
    {
      ...{ openSession: nothing, forwardToBackend: nothing, forwardToClient: nothing },
      ...{ retarget: nothing, rebind: nothing, closeSession: nothing },
    },
    {
      ...{ sessionOpened: nothing, sessionRetargeted: nothing, clientMoved: nothing },
      ...{ sessionClosed: nothing, tokenLookup: nothing, packetDropped: nothing },
    },
    { choose: () => TARGET },
  );
  return { store, recorder };
}

const load = async ({ store, recorder }: Opened) =>
  recorder.restore(await store.load(() => recorder.snapshot()));

const clientOf = (n: number) => ({
  address: `198.18.${n >> 14}.${(n >> 6) & 255}`,
  port: 1024 + (n & 63),
});

/** Seconds in which a director that starts reads so many sessions that another one kept. */
async function measure(count: number, open: () => SessionStore): Promise<number> {
  const first = openOn(open());
  await load(first);
  const records = Array.from({ length: count }, (_, n) => ({
    ...clientOf(n),
    ...({ transport: "udp", origin: "token", token: undefined, target: TARGET } as const),
    ...{ createdAt: Date.now(), activeAt: Date.now(), targetSince: Date.now() },
  }));
  // The table has them too: a store that writes itself anew asks for it.
  first.recorder.restore({ sessions: records, tokens: [] });
  for (const [n, record] of records.entries()) {
    first.store.write({ kind: "session", record });
    if (n % 500 === 499) await first.store.flush();
  }
  await first.store.close();
  const started = performance.now();
  const second = openOn(open());
  let restored = await load(second);
  const { lookUp } = second.store;
  if (lookUp !== undefined) {
    // A store that is shared gives each session when its client sends again: everybody does.
    for (let n = 0; n < count; n += TOGETHER) {
      const some = Array.from({ length: Math.min(TOGETHER, count - n) }, (_, one) => {
        const { address, port } = clientOf(n + one);
        return lookUp.call(second.store, address, port, undefined);
      });
      for (const { session } of await Promise.all(some)) if (session) restored++;
    }
  }
  const seconds = (performance.now() - started) / 1000;
  await second.store.close();
  if (restored !== count) throw new Error(`${restored} of ${count} sessions were recovered`);
  return seconds;
}

/** How long recovering sessions takes, by kind of store. `redis`: a redis-server, if there is one. */
export async function recovery(count: number, redis: string | undefined) {
  const folder = await mkdtemp(join(tmpdir(), "bench-recovery-"));
  let server: ChildProcess | undefined;
  try {
    const path = join(folder, "journal");
    const journal = () => new JournalStore({ path, fsyncMs: 1000, report });
    const found = [{ store: "a journal", seconds: await measure(count, journal) }];
    if (redis === undefined) return found;
    const [port = 0] = await freePorts(1);
    const args = ["--port", `${port}`, "--bind", "127.0.0.1", "--dir", folder, "--save", ""];
    server = spawn(redis, args, { stdio: "ignore" });
    await wait(500);
    const peers = { session: nothing, ended: nothing, token: nothing };
    const shared = () =>
      new RedisStore({
        ...{ url: `redis://127.0.0.1:${port}/0`, prefix: "bench:", sessionMs: () => 600_000 },
        ...{ lookUpMs: 1000, wallNow: Date.now, report, peers },
      });
    found.push({ store: "Redis", seconds: await measure(count, shared) });
    return found;
  } finally {
    if (server?.exitCode === null) {
      server.kill("SIGKILL");
      await once(server, "exit");
    }
    await rm(folder, { recursive: true, force: true });
  }
}
