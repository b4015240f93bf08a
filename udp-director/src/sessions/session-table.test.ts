import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, GAME, makeTable, reset, target, tokenNumber, VOICE } from "./testing.ts";

const A = target("10.0.0.1");
const B = target("10.0.0.2");
const T1 = tokenNumber(1);
const T2 = tokenNumber(2);
const C = "192.0.2.1";

/** A table in which client C:1000 has a session on A by token T1; T2 leads to B. */
function connected(options = {}) {
  const made = makeTable(options);
  made.table.issueToken(0, T1, A);
  made.table.issueToken(0, T2, B);
  made.table.onDatagram(0, GAME, C, 1000, bytes(T1));
  made.recorder.take();
  return made;
}

test("a token as the first packet opens a session and is consumed without a reply", () => {
  const { table, recorder } = makeTable();
  table.issueToken(0, T1, A);
  table.onDatagram(1, GAME, C, 1000, bytes(T1));
  assert.deepEqual(recorder.take(), ["hit", `open ${C}:1000 -> ${A.key}`, "opened token"]);
  table.onDatagram(2, GAME, C, 1000, bytes("hello"));
  table.onDatagram(2, VOICE, C, 1000, bytes("audio"));
  assert.deepEqual(recorder.take(), [
    `backend ${C}:1000 10.0.0.1:5000 hello`,
    `backend ${C}:1000 10.0.0.1:6000 audio`,
  ]);
});

test("a token is not used up: a second socket of the same client may use it too", () => {
  const { table, recorder } = connected();
  table.onDatagram(1, GAME, C, 1001, bytes(T1));
  assert.equal(recorder.take()[1], `open ${C}:1001 -> ${A.key}`);
  assert.equal(table.size, 2);
  assert.equal(table.clients, 1);
});

test("a bare token inside a live session is data", () => {
  const { table, recorder } = connected();
  table.onDatagram(1, GAME, C, 1000, bytes(T2));
  assert.deepEqual(recorder.take(), [`backend ${C}:1000 10.0.0.1:5000 ${T2}`]);
});

test("without a token the first packet goes to the default endpoint", () => {
  const { table, recorder, defaults } = makeTable();
  defaults.target = B;
  table.onDatagram(0, GAME, C, 1000, bytes("hello"));
  assert.deepEqual(recorder.take(), [
    `open ${C}:1000 -> ${B.key}`,
    "opened default",
    `backend ${C}:1000 10.0.0.2:5000 hello`,
  ]);
});

test("an expired token is data for the default endpoint", () => {
  const { table, recorder, defaults } = makeTable();
  table.issueToken(0, T1, A);
  defaults.target = B;
  table.onDatagram(30, GAME, C, 1000, bytes(T1));
  assert.deepEqual(recorder.take(), [
    "miss",
    `open ${C}:1000 -> ${B.key}`,
    "opened default",
    `backend ${C}:1000 10.0.0.2:5000 ${T1}`,
  ]);
});

test("no token and no default endpoint, or none for this data port: dropped with a reason", () => {
  const { table, recorder, defaults } = makeTable();
  table.onDatagram(0, GAME, C, 1000, bytes("hello"));
  assert.deepEqual(recorder.take(), ["drop no_default_endpoint client"]);
  defaults.target = target("10.0.0.3", true);
  table.onDatagram(0, VOICE, C, 1000, bytes("hello"));
  assert.deepEqual(recorder.take(), ["drop no_port_mapping client"]);
  assert.equal(table.size, 0);
});

test("a packet from port 0 is dropped: nothing could be sent back", () => {
  const { table, recorder, defaults } = makeTable();
  defaults.target = A;
  table.onDatagram(0, GAME, C, 0, bytes("hello"));
  assert.deepEqual(recorder.take(), ["drop source_port_zero client"]);
  assert.equal(table.size, 0);
});

test("a control packet moves the session; the old backend's late packets are dropped", () => {
  const { table, recorder } = connected();
  table.onDatagram(1, GAME, C, 1000, bytes("one"));
  const old = recorder.upstreams[0];
  assert.ok(old);
  recorder.take();
  table.onDatagram(2, VOICE, C, 1000, reset(T2));
  assert.deepEqual(recorder.take(), [
    "hit",
    `retarget ${C}:1000 ${A.key} -> ${B.key}`,
    "retargeted packet",
  ]);
  table.onBackendDatagram(3, old.session, old.generation, "game", bytes("late"));
  assert.deepEqual(recorder.take(), ["drop late_backend_packet server"]);
  table.onDatagram(4, GAME, C, 1000, bytes("two"));
  assert.deepEqual(recorder.take(), [`backend ${C}:1000 10.0.0.2:5000 two`]);
});

test("a re-target to the backend that the session has keeps its sockets", () => {
  const { table, recorder } = connected();
  table.onDatagram(1, GAME, C, 1000, reset(T1));
  assert.deepEqual(recorder.take(), ["hit"]);
});

test("an invalid control packet leaves the session as it is", () => {
  const { table, recorder } = connected();
  table.onDatagram(1, GAME, C, 1000, reset(tokenNumber(9)));
  table.onDatagram(1, GAME, C, 1000, reset("x"));
  table.onDatagram(1, GAME, C, 1000, reset(""));
  assert.deepEqual(recorder.take(), [
    "miss",
    "drop reset_token_invalid client",
    "drop reset_malformed client",
    "drop reset_malformed client",
  ]);
  table.onDatagram(2, GAME, C, 1000, bytes("still"));
  assert.deepEqual(recorder.take(), [`backend ${C}:1000 10.0.0.1:5000 still`]);
});

test("a control packet without a session creates it", () => {
  const { table, recorder } = connected();
  table.onDatagram(1, GAME, C, 2000, reset(`${T2}\n`));
  assert.deepEqual(recorder.take(), ["hit", `open ${C}:2000 -> ${B.key}`, "opened token"]);
});

test("a backend's packet reaches its own client and keeps a listen-only client alive", () => {
  const { table, recorder } = connected();
  table.onDatagram(0, GAME, C, 1000, bytes("subscribe"));
  const up = recorder.upstreams[0];
  assert.ok(up);
  recorder.take();
  for (let now = 299; now < 3000; now += 299) {
    table.onBackendDatagram(now, up.session, 0, "game", bytes("audio"));
    assert.deepEqual(recorder.take(), [`client ${C}:1000 game audio`]);
  }
});

test("a session ends exactly at its timeout, tick or no tick", () => {
  const { table, recorder, defaults } = connected();
  table.tick(299);
  assert.equal(table.size, 1);
  defaults.target = B;
  table.onDatagram(300, GAME, C, 1000, bytes("new"));
  assert.deepEqual(recorder.take(), [
    `close ${C}:1000`,
    "closed idle",
    `open ${C}:1000 -> ${B.key}`,
    "opened default",
    `backend ${C}:1000 10.0.0.2:5000 new`,
  ]);
});

test("a full table turns new clients away and keeps the live ones movable", () => {
  const { table, recorder, defaults } = connected({ maxSessions: 1 });
  defaults.target = A;
  table.onDatagram(1, GAME, C, 2000, bytes("x"));
  table.onDatagram(1, GAME, C, 2000, bytes(T1));
  table.onDatagram(1, GAME, C, 2000, reset(T1));
  assert.deepEqual(recorder.take(), [
    "drop sessions_full client",
    "hit",
    "drop sessions_full client",
    "hit",
    "drop sessions_full client",
  ]);
  table.onDatagram(1, GAME, C, 1000, reset(T2));
  assert.equal(recorder.take()[2], "retargeted packet");
});

test("a full token table refuses, and recovers when tokens expire", () => {
  const { table } = makeTable({ maxTokens: 1 });
  assert.equal(table.issueToken(0, T1, A), true);
  assert.equal(table.issueToken(29, T2, A), false);
  assert.equal(table.issueToken(30, T2, A), true);
  assert.equal(table.tokens, 1);
});

test("a query moves the only session of its address, or the one it names", () => {
  const { table, recorder } = connected();
  assert.deepEqual(table.resetByQuery(1, C, undefined, T2), { ok: true });
  assert.deepEqual(recorder.take(), [
    "hit",
    `retarget ${C}:1000 ${A.key} -> ${B.key}`,
    "retargeted query",
  ]);
  table.onDatagram(1, GAME, C, 1001, bytes(T1));
  const ambiguous = { ok: false, reason: "ambiguous", sessions: 2 };
  assert.deepEqual(table.resetByQuery(1, C, undefined, T1), ambiguous);
  assert.deepEqual(table.resetByQuery(1, C, 1000, T1), { ok: true });
  const none = { ok: false, reason: "no_session" };
  assert.deepEqual(table.resetByQuery(1, C, 1, T1), none);
  assert.deepEqual(table.resetByQuery(1, "192.0.2.9", undefined, T1), none);
  const invalid = { ok: false, reason: "invalid_token" };
  assert.deepEqual(table.resetByQuery(1, C, 1000, tokenNumber(9)), invalid);
  assert.deepEqual(table.resetByQuery(1, C, 1000, "no token"), invalid);
});

test("sessions are counted per backend through opening, moving and ending", () => {
  const { table } = connected();
  assert.equal(table.sessionsOn(A.key), 1);
  table.onDatagram(1, GAME, C, 1000, reset(T2));
  assert.equal(table.sessionsOn(A.key), 0);
  assert.equal(table.sessionsOn(B.key), 1);
  table.closeAll(2);
  assert.equal(table.sessionsOn(B.key), 0);
  assert.equal(table.size, 0);
  assert.equal(table.clients, 0);
});

test("a clock that goes back counts as standing still", () => {
  const { table, recorder } = connected();
  table.onDatagram(200, GAME, C, 1000, bytes("a"));
  table.onDatagram(-1000, GAME, C, 1000, bytes("b"));
  table.tick(499);
  assert.equal(table.size, 1);
  table.tick(500);
  assert.equal(table.size, 0);
  assert.deepEqual(recorder.take().slice(-2), [`close ${C}:1000`, "closed idle"]);
});
