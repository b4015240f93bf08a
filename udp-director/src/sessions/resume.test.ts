import assert from "node:assert/strict";
import { test } from "node:test";
import type { SessionTableOptions } from "./session-options.ts";
import { bytes, GAME, makeTable, reset, target, tokenNumber, VOICE } from "./testing.ts";

/** A client whose NAT gave it another port or address shows its session's token again. */

const A = target("10.0.0.1");
const B = target("10.0.0.2");
const T1 = tokenNumber(1);
const T2 = tokenNumber(2);
const C = "192.0.2.1";
const OTHER = "198.51.100.7";

/** C:1000 has a session on A by token T1, whose life ends at 30; T2 leads to B. */
function connected(options: Partial<SessionTableOptions> = {}) {
  const made = makeTable({ resume: "sameAddress", ...options });
  made.table.issueToken(0, T1, A);
  made.table.issueToken(0, T2, B);
  made.table.onDatagram(0, GAME, C, 1000, bytes(T1));
  made.recorder.take();
  return made;
}

const resumed = (from: string, to: string, dataPort = "game") => [
  "hit",
  `rebind ${to} ${dataPort}`,
  `moved from ${from}`,
];

test("the token from another port moves the client's side and opens nothing", () => {
  const { table, recorder } = connected();
  const [session] = table.sessions();
  table.onDatagram(1, VOICE, C, 1001, bytes(T1));
  assert.deepEqual(recorder.take(), resumed(`${C}:1000`, `${C}:1001`, "voice"));
  assert.equal(table.size, 1);
  assert.equal(table.sessionOf(C, 1001), session);
  assert.equal(table.sessionOf(C, 1000), undefined);
  assert.equal(session?.generation, 0);
  table.onDatagram(2, GAME, C, 1001, bytes("x"));
  assert.deepEqual(recorder.take(), [`backend ${C}:1001 10.0.0.1:5000 x`]);
});

test("it does so as a control packet too, and after the token's life", () => {
  const { table, recorder } = connected();
  table.onDatagram(200, GAME, C, 1001, bytes(T1));
  assert.deepEqual(recorder.take(), resumed(`${C}:1000`, `${C}:1001`));
  table.onDatagram(400, GAME, C, 1002, reset(T1));
  assert.deepEqual(recorder.take(), resumed(`${C}:1001`, `${C}:1002`));
});

test("a session that the new socket has got by then ends", () => {
  const { table, recorder, defaults } = connected();
  defaults.target = B;
  table.onDatagram(40, GAME, C, 1001, bytes("who?"));
  recorder.take();
  table.onDatagram(41, GAME, C, 1001, reset(T1));
  assert.deepEqual(recorder.take(), [
    "hit",
    `close ${C}:1001`,
    "closed replaced",
    `rebind ${C}:1001 game`,
    `moved from ${C}:1000`,
  ]);
  assert.deepEqual([table.size, table.sessionsOn(B.key)], [1, 0]);
});

test("another address may resume only where any may", () => {
  const strict = connected();
  strict.table.onDatagram(200, GAME, OTHER, 1000, bytes(T1));
  assert.deepEqual(strict.recorder.take(), ["miss", "drop no_default_endpoint client"]);
  const open = connected({ resume: "any" });
  open.table.onDatagram(200, GAME, OTHER, 1000, bytes(T1));
  assert.deepEqual(open.recorder.take(), resumed(`${C}:1000`, `${OTHER}:1000`));
  assert.equal(open.table.clients, 1);
});

test("unless configured, a token opens a second session until it expires, as published", () => {
  const { table, recorder } = connected({ resume: "off" });
  table.onDatagram(1, GAME, C, 1001, bytes(T1));
  assert.equal(table.size, 2);
  recorder.take();
  table.onDatagram(200, GAME, C, 1002, reset(T1));
  assert.deepEqual(recorder.take(), ["miss", "drop reset_token_invalid client"]);
});

test("the token that last moved the session is its token, however it was moved", () => {
  const { table, recorder } = connected();
  table.onDatagram(1, GAME, C, 1000, reset(T2));
  recorder.take();
  table.onDatagram(200, GAME, C, 1001, bytes(T2));
  assert.deepEqual(recorder.take(), resumed(`${C}:1000`, `${C}:1001`));
  table.onDatagram(201, GAME, C, 1002, bytes(T1));
  assert.deepEqual(recorder.take(), ["miss", "drop no_default_endpoint client"]);
  table.issueToken(201, T1, A);
  table.resetByQuery(202, C, undefined, T1);
  recorder.take();
  table.onDatagram(290, GAME, C, 1003, bytes(T1));
  assert.deepEqual(recorder.take(), resumed(`${C}:1001`, `${C}:1003`));
});

test("its own token moves a session nowhere: an operator's move stays, an old token is fine", () => {
  const { table, recorder } = connected();
  const [session] = table.sessions();
  table.move(1, session?.id ?? 0, B, "operator");
  recorder.take();
  table.onDatagram(2, GAME, C, 1000, reset(T1));
  table.onDatagram(200, GAME, C, 1000, reset(T1));
  assert.deepEqual(recorder.take(), ["hit", "hit"]);
  assert.equal(session?.target, B);
  // Being asked for is activity.
  table.tick(499);
  assert.equal(table.size, 1);
});

test("a single-use token lets its own session resume and nobody else in", () => {
  const { table, recorder } = connected({ tokenRules: { singleUse: true, bindToSource: false } });
  table.onDatagram(1, GAME, OTHER, 1000, bytes(T1));
  assert.deepEqual(recorder.take(), ["miss", "drop token_used client"]);
  table.onDatagram(2, GAME, C, 1001, bytes(T1));
  assert.deepEqual(recorder.take(), resumed(`${C}:1000`, `${C}:1001`));
});

test("a director that drains or is full lets live sessions resume, and ends them as usual", () => {
  const { table, recorder } = connected({ maxSessions: 1 });
  table.onDatagram(1, GAME, C, 1001, bytes(T1));
  assert.deepEqual(recorder.take(), resumed(`${C}:1000`, `${C}:1001`));
  table.drain();
  table.onDatagram(2, GAME, C, 1002, reset(T1));
  assert.deepEqual(recorder.take(), resumed(`${C}:1001`, `${C}:1002`));
  table.onDatagram(3, GAME, C, 1003, bytes(T2));
  table.onDatagram(3, GAME, C, 1003, bytes("x"));
  assert.deepEqual(recorder.take(), ["drop draining client", "drop draining client"]);
  table.tick(400);
  assert.equal(table.size, 0);
  table.onDatagram(401, GAME, C, 1004, bytes(T1));
  assert.deepEqual(recorder.take().at(-1), "drop draining client");
});

test("when several sockets used one token, it means the session that used it last", () => {
  const { table, recorder } = connected({ resume: "any" });
  table.onDatagram(0, GAME, OTHER, 1, bytes(T2));
  table.onDatagram(1, GAME, C, 1000, bytes("x"));
  table.resetByQuery(2, C, 1000, T2);
  recorder.take();
  table.onDatagram(3, GAME, C, 1001, bytes(T2));
  assert.deepEqual(recorder.take(), resumed(`${C}:1000`, `${C}:1001`));
  table.end(4, 1);
  recorder.take();
  table.onDatagram(5, GAME, OTHER, 2, bytes(T2));
  assert.deepEqual(recorder.take(), resumed(`${OTHER}:1`, `${OTHER}:2`));
});

test("a resumed client is proven, and acknowledged where that is configured", () => {
  const acknowledged: string[] = [];
  const { table, recorder } = connected({ ackPackets: true });
  Object.assign(recorder, {
    acknowledge: (_session: unknown, _in: unknown, token: string) => acknowledged.push(token),
  });
  table.onDatagram(200, GAME, C, 1001, bytes(T1));
  table.onDatagram(201, GAME, C, 1001, reset(T1));
  assert.deepEqual(acknowledged, [T1, T1]);
  assert.equal(table.sessionOf(C, 1001)?.proven, true);
});

test("a restored session whose packets went on passing is active, and its client proven as before", () => {
  const unproven = { replyFactor: 1, proof: "token" } as const;
  const { table } = makeTable({ unproven });
  const client = { clientAddress: C, clientPort: 1000, transport: "udp", rangePort: undefined };
  const times = { createdAt: 0, lastActiveAt: 0, targetSince: 0 };
  const kept = { ...client, ...times, origin: "default", token: undefined, target: A } as const;
  table.restore(100, { ...kept, transport: "udp" });
  const [session] = table.sessions();
  assert.equal(session?.proven, false);
  if (session) table.onFound(200, session);
  assert.deepEqual([session?.proven, session?.lastActiveAt], [true, 200]);
  table.tick(499);
  assert.equal(table.size, 1);
  table.tick(500);
  assert.equal(table.size, 0);
});
