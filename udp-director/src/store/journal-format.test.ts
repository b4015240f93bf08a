import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { makeTarget } from "../sessions/target.ts";
import { target } from "../sessions/testing.ts";
import { encodeLine, JournalReader } from "./journal-format.ts";
import { readSession, type SessionRecord, type StoreChange, sessionJson } from "./records.ts";

const query = {
  resourceType: "echo",
  namespace: "local",
  labels: [["version", "a"]] as const,
  annotations: [],
  status: { path: ["status", "ports", 0], expectedValues: ["1"] },
};
const TARGETS = [
  target("10.0.0.1"),
  { ...target("10.0.0.3"), query },
  { ...target("10.0.0.4"), query: { ...query, status: undefined } },
  target("2001:db8::1"),
  makeTarget("10.0.0.5", [["game", 1]], "pod/default/e", "every"),
  { ...makeTarget("10.0.0.5", [["game", 1]], "pod/default/e", "first"), query },
  target("10.0.0.2", true),
];
const client = fc.record({
  address: fc.constantFrom("192.0.2.1", "192.0.2.01", "192.0.2", "2001:db8::9"),
  port: fc.integer({ min: 1, max: 4 }),
  transport: fc.constantFrom("udp" as const, "tcp" as const),
  rangePort: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
});
const time = fc.integer({ min: 1, max: 2_000_000_000_000 });
const place = fc.constantFrom(...TARGETS);
const record = fc
  .tuple(client, fc.option(fc.constant("t"), { nil: undefined }), time, time, time, place)
  .map(([who, token, createdAt, activeAt, targetSince, to]) => ({
    ...who,
    origin: token === undefined ? ("default" as const) : ("token" as const),
    token,
    createdAt,
    activeAt,
    targetSince,
    target: to,
  }));
const token = fc.record({
  token: fc.constantFrom("a", "b", "c"),
  expiresAt: time,
  target: place,
  source: fc.option(fc.constant("192.0.2.1"), { nil: undefined }),
  usedBy: fc.option(fc.constant("192.0.2.1 1000"), { nil: undefined }),
});
const change: fc.Arbitrary<StoreChange> = fc.oneof(
  fc.record({ kind: fc.constant("session" as const), record }),
  fc.record({ kind: fc.constant("active" as const), record }),
  client.map((who) => ({ kind: "ended" as const, client: who, idle: true })),
  fc.record({ kind: fc.constant("token" as const), record: token }),
  fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.option(time, { nil: undefined }), place)
    .map(([port, until, to]) => ({
      kind: "port" as const,
      port,
      given: until === undefined ? undefined : { port, range: "r", target: to, until },
    })),
);

/** JSON with the outer keys in order. */
const inOrder = (value: unknown) =>
  JSON.stringify(Object.fromEntries(Object.entries(value as object).sort()));

/** What the changes amount to, the plain way. */
function replay(changes: readonly StoreChange[]) {
  const sessions = new Map<string, unknown>();
  const tokens = new Map<string, unknown>();
  const ports = new Map<number, unknown>();
  for (const one of changes) {
    if (one.kind === "port") {
      if (one.given === undefined) ports.delete(one.port);
      else ports.set(one.port, one.given);
      continue;
    }
    const who = one.kind === "ended" ? one.client : one.kind === "token" ? undefined : one.record;
    const key = who ? JSON.stringify([who.transport, who.address, who.port, who.rangePort]) : "";
    if (one.kind === "token") tokens.set(one.record.token, one.record);
    else if (one.kind === "session") sessions.set(key, one.record);
    else if (one.kind === "ended") sessions.delete(key);
    else if (sessions.has(key)) {
      const { activeAt } = one.record;
      sessions.set(key, { ...(sessions.get(key) as object), activeAt });
    }
  }
  const byText = (values: Iterable<unknown>) => [...values].map(inOrder).sort();
  return {
    sessions: byText(sessions.values()),
    tokens: byText(tokens.values()),
    ports: byText(ports.values()),
  };
}

function read(bytes: Uint8Array, step = bytes.length || 1) {
  const reader = new JournalReader();
  for (let at = 0; at < bytes.length; at += step) reader.push(bytes.subarray(at, at + step));
  const { sessions, tokens, ports = [] } = reader.end();
  const byText = (values: readonly object[]) => values.map(inOrder).sort();
  const state = { sessions: byText(sessions), tokens: byText(tokens), ports: byText(ports) };
  return { ...state, damaged: reader.damaged };
}

test("what is written is read, in pieces of any size", () => {
  fc.assert(
    fc.property(fc.array(change), fc.integer({ min: 1, max: 200 }), (changes, step) => {
      const bytes = Buffer.from(changes.map(encodeLine).join(""));
      assert.deepEqual(read(bytes, step), { ...replay(changes), damaged: 0 });
    }),
  );
});

test("records of versions without TCP and tokens are read; they would skip a TCP client", () => {
  const old =
    '{"a":"192.0.2.1","p":7,"o":"token","c":1,"l":2,"s":1,"t":["10.0.0.1",[["game",5000]],"r"]}';
  const record = readSession(JSON.parse(old));
  assert.deepEqual([record?.transport, record?.port, record?.token], ["udp", 7, undefined]);
  const tcp = JSON.parse(sessionJson({ ...(record as SessionRecord), transport: "tcp" }));
  assert.deepEqual([tcp.p, tcp.tp], [undefined, 7]);
  assert.equal(readSession(tcp)?.transport, "tcp");
});

test("a journal cut anywhere gives every line before the cut", () => {
  fc.assert(
    fc.property(
      fc.array(change, { minLength: 1 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (changes, part) => {
        const lines = changes.map(encodeLine);
        const bytes = Buffer.from(lines.join(""));
        const cut = Math.floor(bytes.length * part);
        let whole = 0;
        let end = 0;
        while (whole < lines.length && end + (lines[whole]?.length ?? 0) <= cut) {
          end += lines[whole++]?.length ?? 0;
        }
        const { damaged, ...state } = read(bytes.subarray(0, cut));
        assert.deepEqual(state, replay(changes.slice(0, whole)));
        assert.equal(damaged, cut > end ? 1 : 0);
      },
    ),
  );
});

test("a damaged line costs itself and no other", () => {
  const flip = fc.tuple(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 }));
  fc.assert(
    fc.property(fc.array(change, { minLength: 2 }), flip, (changes, [which, where, by]) => {
      const lines = changes.map((one) => Buffer.from(encodeLine(one)));
      const hit = which % lines.length;
      const line = lines[hit] as Buffer;
      // Not the line's end: that would join two lines, and cost both.
      const at = where % (line.length - 1);
      line[at] = (line[at] ?? 0) ^ by;
      const { damaged, ...state } = read(Buffer.concat(lines));
      assert.deepEqual(state, replay(changes.filter((_, n) => n !== hit)));
      assert.ok(damaged >= 1);
    }),
    { numRuns: 1000 },
  );
});

test("random bytes are damage, never an exception, and never a session", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
      assert.deepEqual(read(bytes).sessions, []);
    }),
    { numRuns: 3000 },
  );
  const endless = Buffer.alloc(1_000_000, 65);
  const line = Buffer.from(
    `\n${encodeLine({ kind: "ended", client: { address: "a", port: 1, transport: "udp" }, idle: true })}`,
  );
  assert.equal(read(Buffer.concat([endless, line]), 5000).damaged, 1);
});
