import assert from "node:assert/strict";
import { appendFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { target } from "../sessions/testing.ts";
import { JournalStore } from "./journal-store.ts";
import type { StoreChange } from "./records.ts";

/** Stores of the running test. */
const open: JournalStore[] = [];

async function folder(t: TestContext) {
  const path = await mkdtemp(join(tmpdir(), "udp-director-journal-"));
  t.after(async () => {
    // A store that still compacts puts files into the folder that is being removed.
    for (const store of open.splice(0)) await store.close();
    await rm(path, { recursive: true, force: true });
  });
  return path;
}

const session = (port: number, address = "10.0.0.1"): StoreChange & { kind: "session" } => ({
  kind: "session",
  record: {
    address: "192.0.2.1",
    port,
    transport: "udp",
    origin: "token",
    token: undefined,
    createdAt: 1,
    activeAt: 2,
    targetSince: 1,
    target: target(address),
  },
});

const ended = (port: number): StoreChange => ({
  kind: "ended",
  client: { address: "192.0.2.1", port, transport: "udp" },
  idle: true,
});

function journal(path: string) {
  const errors: string[] = [];
  const warnings: string[] = [];
  const store = new JournalStore({
    path,
    fsyncMs: 1000,
    report: {
      error: (kind) => void errors.push(kind),
      info: () => undefined,
      warn: (message) => void warnings.push(message),
    },
  });
  return { store, errors, warnings };
}

/** Opens, and keeps in memory what the director's table would hold. */
async function opened(path: string) {
  const made = journal(path);
  open.push(made.store);
  const live = new Map<number, StoreChange>();
  const state = await made.store.load(() => live.values());
  for (const record of state.sessions) live.set(record.port, { kind: "session", record });
  const write = (change: StoreChange) => {
    if (change.kind === "session") live.set(change.record.port, change);
    if (change.kind === "ended") live.delete(change.client.port);
    made.store.write(change);
  };
  return { ...made, state, live, write };
}

const portsIn = (state: { sessions: readonly { port: number }[] }) =>
  state.sessions.map(({ port }) => port).sort((a, b) => a - b);

test("what was flushed is there again; an ended session is not", async (t) => {
  const path = join(await folder(t), "journal");
  const one = await opened(path);
  for (const port of [1, 2, 3]) one.write(session(port));
  one.write(session(3, "10.0.0.2"));
  one.write(ended(2));
  await one.store.close();
  const again = await opened(path);
  assert.deepEqual(portsIn(again.state), [1, 3]);
  const moved = again.state.sessions.find(({ port }) => port === 3);
  assert.equal(moved?.target.address, "10.0.0.2");
  assert.deepEqual(again.errors, []);
});

test("a torn end and garbage are skipped, counted, told, and put aside", async (t) => {
  const path = join(await folder(t), "journal");
  const one = await opened(path);
  one.write(session(1));
  await one.store.close();
  await appendFile(path, "garbage\n\0\xff\n");
  const second = await opened(path);
  assert.deepEqual(portsIn(second.state), [1]);
  assert.match(
    second.warnings[0] ?? "",
    /2 damaged lines skipped; the file is kept as .*\.damaged$/,
  );
  assert.match(await readFile(`${path}.damaged`, "latin1"), /garbage/);
  second.write(session(2));
  await second.store.close();
  await truncate(path, (await stat(path)).size - 5);
  const third = await opened(path);
  assert.deepEqual(portsIn(third.state), [1]);
  assert.deepEqual(third.errors, ["damaged"]);
});

test("any file content can be opened, and the journal works from there", async (t) => {
  const path = join(await folder(t), "journal");
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), async (bytes) => {
      await writeFile(path, bytes);
      const { store } = journal(path);
      await store.load(() => [session(7)]);
      await store.close();
      const again = journal(path).store;
      assert.deepEqual(portsIn(await again.load(() => [])), [7]);
      await again.close();
    }),
    { numRuns: 50 },
  );
});

test("the file stays bounded under churn, and a rewrite loses no change that comes meanwhile", async (t) => {
  const path = join(await folder(t), "journal");
  const one = await opened(path);
  let largest = 0;
  for (let round = 0; round < 300; round++) {
    for (let n = 0; n < 200; n++)
      one.write(session(1 + ((round * 37 + n) % 1000), `10.0.${round % 250}.1`));
    one.write(ended(1 + (round % 1000)));
    if (round % 10 === 0) {
      await one.store.flush();
      largest = Math.max(largest, (await stat(path)).size);
    }
  }
  await one.store.close();
  assert.ok(largest < 6 * 1024 * 1024, `${largest} bytes`);
  const again = await opened(path);
  const expected = [...one.live.values()].map((change) => JSON.stringify(change)).sort();
  const found = again.state.sessions.map((record) => JSON.stringify({ kind: "session", record }));
  assert.deepEqual(found.sort(), expected);
});

test("a disk that fails and comes back loses nothing that is still live", async (t) => {
  const where = await folder(t);
  const inner = join(where, "inner");
  const { mkdir } = await import("node:fs/promises");
  await mkdir(inner);
  const path = join(inner, "journal");
  const one = await opened(path);
  one.write(session(1));
  await one.store.flush();
  await rm(inner, { recursive: true });
  // The open file has no name any more; a rewrite needs one.
  for (let n = 0; n < 40_000; n++) one.write(session(2 + (n % 10)));
  await one.store.flush();
  assert.equal(one.store.available, false);
  assert.ok(one.errors.includes("write"));
  assert.match(one.warnings[0] ?? "", /cannot write \(ENOENT\); sessions go on/);
  await mkdir(inner);
  one.write(session(50));
  await one.store.flush();
  assert.equal(one.store.available, true);
  await one.store.close();
  assert.deepEqual(portsIn((await opened(path)).state), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 50]);
});

test("a journal that was never loaded leaves its file alone: a start may fail before", async (t) => {
  const path = join(await folder(t), "journal");
  const one = await opened(path);
  one.write(session(1));
  await one.store.close();
  const before = await readFile(path, "utf8");
  const { store } = journal(path);
  store.write(session(2));
  await store.flush();
  await store.close();
  assert.equal(await readFile(path, "utf8"), before);
});

test("a path that cannot be used is a mistake at the start", async () => {
  const { store } = journal("/does/not/exist/journal");
  await assert.rejects(
    store.load(() => []),
    {
      name: "SettingError",
      message: "store.journal.path: cannot use /does/not/exist/journal: ENOENT",
    },
  );
});
