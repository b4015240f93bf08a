import { randomUUID } from "node:crypto";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { DEFAULT_MAGIC_HEX, parseMagic } from "../src/protocol/control-packet.ts";
import type { Ingress, SessionExecutor, SessionObserver } from "../src/sessions/session-ports.ts";
import { SessionTable } from "../src/sessions/session-table.ts";
import { makeTarget } from "../src/sessions/target.ts";
import { JournalStore } from "../src/store/journal-store.ts";
import { StateRecorder } from "../src/store/state-recorder.ts";

/**
 * Figures of the session core and the journal, without sockets: memory of many sessions held,
 * an hour of churn under a fake clock, a journal of many sessions. About half a minute.
 * Usage: node udp-director/soak/state.ts [sessions, default 100000]. Ends with 1 when the memory
 * is not flat or a session is missing.
 */

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const COUNT = Number(process.argv[2] ?? 100_000);
const GAME: Ingress = { dataPort: "game" };
const TARGETS = Array.from({ length: 100 }, (_, n) =>
  makeTarget(`10.0.1.${n}`, [["game", 7777]], `gameserver/games/arena-${n}`),
);
const payload = Buffer.alloc(100);
const nothing = () => undefined;
const executor: SessionExecutor<undefined> = {
  openSession: nothing,
  forwardToBackend: nothing,
  forwardToClient: nothing,
  retarget: nothing,
  rebind: nothing,
  closeSession: nothing,
};
const observer: SessionObserver = {
  sessionOpened: nothing,
  sessionRetargeted: nothing,
  clientMoved: nothing,
  sessionClosed: nothing,
  tokenLookup: nothing,
  packetDropped: nothing,
};
const addressOf = (n: number) => `198.${18 + ((n >> 16) & 1)}.${(n >> 8) & 255}.${n & 255}`;
let failed = false;

/** Processor time of this thread so far. */
const threadMs = () => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};
const say = (what: string, fields: object) => console.log(what, JSON.stringify(fields));
const check = (ok: boolean, what: string) => {
  if (ok) return;
  failed = true;
  console.error(`FAILED: ${what}`);
};

function heap(): number {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

function newTable(timeoutMs: number, keeper?: StateRecorder) {
  return new SessionTable<undefined>(
    {
      magic: parseMagic(DEFAULT_MAGIC_HEX),
      sessionTimeoutMs: timeoutMs,
      maxSessions: 5_000_000,
      tokenTtlMs: 30_000,
      maxTokens: 5_000_000,
      keeper,
    },
    executor,
    observer,
    { choose: () => undefined },
  );
}

/** A client that asks, and sends its token as first packet. */
function connect(table: SessionTable<undefined>, now: number, n: number): void {
  const token = randomUUID();
  table.issueToken(now, token, TARGETS[n % TARGETS.length] as (typeof TARGETS)[number]);
  table.onDatagram(now, GAME, addressOf(n), 1024 + (n % 60_000), Buffer.from(token));
}

function hold(): void {
  const empty = heap();
  const table = newTable(300_000);
  const start = performance.now();
  for (let n = 0; n < COUNT; n++) connect(table, 0, n);
  const opened = performance.now() - start;
  // Its tokens are gone, its sessions are not.
  table.tick(31_000);
  const bytes = heap() - empty;
  check(table.size === COUNT && table.tokens === 0, "every session is held");
  const rounds = 10;
  const sending = performance.now();
  for (let round = 1; round <= rounds; round++) {
    for (let n = 0; n < COUNT; n++) {
      table.onDatagram(31_000 + round, GAME, addressOf(n), 1024 + (n % 60_000), payload);
    }
  }
  const perPacket = ((performance.now() - sending) * 1e6) / (rounds * COUNT);
  say("hold", {
    sessions: table.size,
    heapBytesPerSession: Math.round(bytes / COUNT),
    openMicroseconds: +((opened * 1000) / COUNT).toFixed(2),
    packetNanoseconds: Math.round(perPacket),
  });
}

/** An hour of 200 new clients a second that stay a minute, and 1,000 packets a second. */
function churn(): void {
  const table = newTable(30_000);
  const samples: number[] = [];
  let clients = 0;
  for (let second = 1; second <= 3600; second++) {
    const now = second * 1000;
    for (let n = 0; n < 200; n++) connect(table, now + n * 5, clients++);
    for (let n = 0; n < 1000; n++) {
      const client = Math.max(0, clients - 1 - ((n * 12) % 6000));
      table.onDatagram(now + 999, GAME, addressOf(client), 1024 + (client % 60_000), payload);
    }
    if (second % 360 === 0) samples.push(heap());
  }
  const mib = samples.map((bytes) => +(bytes / 1048576).toFixed(1));
  const [first = 0, last = 0] = [mib[1], mib.at(-1)];
  say("churn", { simulatedSeconds: 3600, clients, liveAtEnd: table.size, heapMiB: mib });
  check(last < first * 1.1 + 2, `the heap grew from ${first} to ${last} MiB`);
  table.tick(3_700_000);
  check(table.size === 0 && table.clients === 0 && table.tokens === 0, "everything has expired");
}

async function journal(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "udp-director-soak-"));
  const path = join(folder, "journal");
  const report = { error: () => check(false, "the journal failed"), info: nothing, warn: nothing };
  const now = () => performance.now();
  const open = () => {
    const store = new JournalStore({ path, fsyncMs: 1000, report });
    const recorder = new StateRecorder({ store, now, wallNow: Date.now, activityMs: 10_000 });
    const table = newTable(300_000, recorder);
    recorder.table = table;
    return { store, recorder, table };
  };
  try {
    const first = open();
    first.recorder.restore(await first.store.load(() => first.recorder.snapshot()));
    // In processor time, as a busy machine makes each turn long.
    let longest = 0;
    let last = threadMs();
    const writing = now();
    for (let n = 0; n < COUNT; n++) {
      connect(first.table, now(), n);
      if (n % 100 === 0) {
        await new Promise((resolve) => setImmediate(resolve));
        longest = Math.max(longest, threadMs() - last);
        last = threadMs();
      }
    }
    await first.store.flush();
    const wrote = now() - writing;
    const { size } = await stat(path);
    await first.store.close();
    const reading = now();
    const second = open();
    const state = await second.store.load(() => second.recorder.snapshot());
    const restored = second.recorder.restore(state);
    const read = now() - reading;
    await second.store.close();
    check(restored === COUNT, `${restored} of ${COUNT} sessions restored`);
    say("journal", {
      sessions: restored,
      fileMiB: +(size / 1048576).toFixed(1),
      writeSeconds: +(wrote / 1000).toFixed(2),
      longestTurnProcessorMilliseconds: Math.round(longest),
      restoreSeconds: +(read / 1000).toFixed(2),
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

hold();
churn();
await journal();
process.exitCode = failed ? 1 : 0;
