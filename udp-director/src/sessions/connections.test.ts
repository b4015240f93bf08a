import assert from "node:assert/strict";
import { test } from "node:test";
import type { SessionGuard } from "./session-ports.ts";
import { SessionTable } from "./session-table.ts";
import { bytes, GAME, MAGIC, makeTable, Recorder, target, tokenNumber } from "./testing.ts";

/** What the model test does not vary: guards, token rules, proof. */

const A = target("10.0.0.1");
const T1 = tokenNumber(1);
const C = "192.0.2.1";
const OTHER = "198.51.100.7";

test("a bound token joins its session from its address only", () => {
  const { table } = makeTable({ tokenRules: { singleUse: true, bindToSource: true } });
  table.issueToken(0, T1, A, C);
  table.onDatagram(0, GAME, C, 1000, bytes(T1));
  const refused = { ok: false, reason: "token_other_client" };
  assert.deepEqual(table.onConnection(1, "game", OTHER, 2000, T1), refused);
  // Its own session may use a single-use token again, and long after.
  assert.equal(table.onConnection(200, "game", C, 2000, T1).ok, true);
  assert.equal(table.size, 1);
});

test("a bound token of a session that TCP opened gives no other address a UDP socket", () => {
  const { table, recorder } = makeTable({ tokenRules: { singleUse: false, bindToSource: true } });
  table.issueToken(0, T1, A, C);
  assert.equal(table.onConnection(0, "game", C, 2000, T1).ok, true);
  recorder.take();
  table.onDatagram(1, GAME, OTHER, 1000, bytes(T1));
  assert.deepEqual(recorder.take(), ["miss", "drop token_other_client client"]);
  table.onDatagram(1, GAME, C, 1000, bytes(T1));
  assert.deepEqual(recorder.take(), ["hit", `rebind ${C}:1000 game`, `moved from ${C}:2000`]);
});

test("a handshake proves the client: replies to it are not capped any more", () => {
  const unproven = { replyFactor: 1, proof: "token" } as const;
  const { table, recorder, defaults } = makeTable({ unproven });
  defaults.target = A;
  table.onDatagram(0, GAME, C, 1000, bytes("x"));
  const session = table.sessionOf(C, 1000);
  assert.ok(session);
  const large = bytes("x".repeat(500));
  recorder.take();
  table.onBackendDatagram(0, session, 0, "game", large);
  assert.deepEqual(recorder.take(), ["drop reply_capped server"]);
  assert.equal(table.onConnection(1, "game", C, 2000, undefined).ok, true);
  table.onBackendDatagram(1, session, 0, "game", large);
  assert.match(recorder.take().join(), /^client /);
});

test("a banned source opens nothing and shows no token, and keeps the session it has", () => {
  let banned = false;
  const guard: SessionGuard = {
    admits: () => true,
    banned: () => banned,
    mayOpen: () => true,
    tokenFailed: () => undefined,
  };
  const recorder = new Recorder();
  const sizes = { sessionTimeoutMs: 300, maxSessions: 4, tokenTtlMs: 30, maxTokens: 3 };
  const options = { magic: MAGIC, ...sizes };
  const choose = () => A;
  const table = new SessionTable<number>(options, recorder, recorder, { choose }, guard);
  table.issueToken(0, T1, A);
  table.onDatagram(0, GAME, C, 1000, bytes("x"));
  banned = true;
  assert.equal(table.onConnection(1, "game", C, 2000, undefined).ok, true);
  const refused = { ok: false, reason: "banned" };
  assert.deepEqual(table.onConnection(1, "game", C, 2001, T1), refused);
  assert.deepEqual(table.onConnection(1, "game", OTHER, 2000, undefined), refused);
});

test("a TCP connection and a UDP socket with the same port number are two clients", () => {
  const { table, defaults } = makeTable({ joinByAddress: false });
  defaults.target = A;
  table.onConnection(0, "game", C, 1000, undefined);
  table.onDatagram(0, GAME, C, 1000, bytes("x"));
  assert.equal(table.size, 2);
  assert.equal(table.clients, 1);
  assert.notEqual(table.sessionOf(C, 1000), table.sessionOf(C, 1000, "tcp"));
});
