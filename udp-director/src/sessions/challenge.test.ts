import assert from "node:assert/strict";
import { test } from "node:test";
import { COOKIE_BYTES } from "../protocol/challenge-packet.ts";
import { bytes, GAME, makeTable, reset, target, tokenNumber } from "./testing.ts";

const A = target("10.0.0.1");
const B = target("10.0.0.2");
const C = "192.0.2.1";

/** Readable cookies: the socket itself, filled up. */
const cookieOf = (address: string, port: number) => `${address}:${port}`.padEnd(COOKIE_BYTES, "_");
const cookies = {
  draw: (address: string, port: number) => bytes(cookieOf(address, port)),
  accepts: (cookie: Uint8Array, address: string, port: number) =>
    Buffer.from(cookie).toString("latin1") === cookieOf(address, port),
};
const proof = (port: number, token = "") => reset(`PRF ${cookieOf(C, port)}${token}`);

function setting(always: boolean, options = {}) {
  const made = makeTable({ challenge: { always, cookies }, ...options });
  made.defaults.target = B;
  const send = (payload: Uint8Array, port = 1000) => {
    made.table.onDatagram(0, GAME, C, port, payload);
    return made.recorder.take();
  };
  const grant = (n: number) => made.table.issueToken(0, tokenNumber(n), A);
  return { ...made, send, grant };
}

const CHALLENGED = [`challenge ${C}:1000 ${cookieOf(C, 1000)}`, "drop challenged client"];

test("a client on its way to the default endpoint is challenged and opens nothing until it answers", () => {
  const { table, send } = setting(false);
  assert.deepEqual(send(bytes("hello")), CHALLENGED);
  assert.deepEqual(send(bytes("hello")), CHALLENGED);
  assert.equal(table.size, 0);
  assert.deepEqual(send(proof(1000)), [`open ${C}:1000 -> ${B.key}`, "opened default"]);
  assert.deepEqual(send(bytes("hello")), [`backend ${C}:1000 10.0.0.2:5000 hello`]);
  assert.deepEqual(send(proof(1000)), [], "a repeated proof is not forwarded");
});

test("who has proven itself gets replies without a cap", () => {
  const unproven = { replyFactor: 1, proof: "token" } as const;
  const { table, recorder, send } = setting(false, { unproven });
  send(proof(1000));
  send(bytes("x"));
  const session = table.sessionOf(C, 1000);
  assert.ok(session);
  for (let n = 0; n < 3; n++) {
    table.onBackendDatagram(0, session, 0, "game", bytes("x".repeat(1000)));
  }
  assert.equal(recorder.take().filter((line) => line.startsWith("client")).length, 3);
});

test("another socket's cookie, and one cut short, open nothing", () => {
  const { table, send } = setting(false);
  assert.deepEqual(send(proof(1001)), ["drop challenge_failed client"]);
  assert.deepEqual(send(proof(1000).subarray(0, -1)), ["drop reset_malformed client"]);
  assert.deepEqual(send(proof(1000, "no token")), ["drop reset_malformed client"]);
  assert.equal(table.size, 0);
});

test("a token is proof enough unless all are challenged; then it comes with the cookie", () => {
  const lenient = setting(false);
  lenient.grant(1);
  assert.deepEqual(lenient.send(bytes(tokenNumber(1))).at(-1), "opened token");

  const strict = setting(true);
  strict.grant(1);
  for (const packet of [bytes(tokenNumber(1)), reset(tokenNumber(1))]) {
    assert.deepEqual(strict.send(packet), ["hit", ...CHALLENGED]);
  }
  assert.deepEqual(strict.send(proof(1000, tokenNumber(1))), [
    "hit",
    `open ${C}:1000 -> ${A.key}`,
    "opened token",
  ]);
  assert.deepEqual(strict.send(proof(1001, tokenNumber(2)), 1001), [
    "miss",
    "drop reset_token_invalid client",
  ]);
});

test("a forged packet does not use up a single-use token", () => {
  const tokenRules = { singleUse: true, bindToSource: false };
  const { send, grant } = setting(true, { tokenRules });
  grant(1);
  for (const packet of [bytes(tokenNumber(1)), reset(tokenNumber(1))]) send(packet, 2000);
  assert.equal(send(proof(1000, tokenNumber(1))).at(-1), "opened token");
});

test("live sessions are moved without a challenge", () => {
  const { send, grant, table } = setting(true);
  send(proof(1000));
  grant(1);
  assert.equal(send(reset(tokenNumber(1))).at(-1), "retargeted packet");
  grant(2);
  table.move(0, 1, B, "operator");
  assert.equal(send(proof(1000, tokenNumber(2))).at(-1), "retargeted packet");
});

test("a session is resumed after a challenge where all are challenged, else without one", () => {
  for (const always of [true, false]) {
    const { table, grant, send } = setting(always, { resume: "sameAddress", maxSessions: 1 });
    grant(1);
    send(proof(1001, tokenNumber(1)), 1001);
    const moved = [`rebind ${C}:1000 game`, `moved from ${C}:1001`];
    if (always) {
      assert.deepEqual(send(bytes(tokenNumber(1))), ["hit", ...CHALLENGED]);
      assert.ok(table.sessionOf(C, 1001));
      assert.deepEqual(send(proof(1000, tokenNumber(1))), ["hit", ...moved]);
    } else assert.deepEqual(send(bytes(tokenNumber(1))), ["hit", ...moved]);
    table.drain();
    const token = always ? proof(1002, tokenNumber(1)) : bytes(tokenNumber(1));
    assert.deepEqual(send(token, 1002).slice(0, 2), ["hit", `rebind ${C}:1002 game`]);
  }
});

test("a full table challenges nobody", () => {
  const { send, grant } = setting(false);
  for (let port = 1; port <= 4; port++) send(proof(port), port);
  grant(1);
  assert.deepEqual(send(bytes("hello")), ["drop sessions_full client"]);
});

test("without challenges a proof is a malformed control packet, as before", () => {
  const { table, recorder } = makeTable();
  table.onDatagram(0, GAME, C, 1000, proof(1000));
  assert.deepEqual(recorder.take(), ["drop reset_malformed client"]);
});
