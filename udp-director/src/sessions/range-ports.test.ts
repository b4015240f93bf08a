import assert from "node:assert/strict";
import { test } from "node:test";
import type { SessionTableOptions } from "./session-options.ts";
import { bytes, GAME, makeTable, reset, target, tokenNumber } from "./testing.ts";

/** Clients of port ranges, beside those of the data ports. */

const A = target("10.0.0.1");
const B = target("10.0.0.2");
const C = "192.0.2.1";
const at = (rangePort: number, dataPort = "game") => ({ dataPort, rangePort });

/** Port 30000 leads to A, 30001 to B; all others nowhere. */
function setting(options: Partial<SessionTableOptions> = {}) {
  const leads = new Map([
    [30_000, A],
    [30_001, B],
  ]);
  return makeTable({ rangeTarget: (port) => leads.get(port), resume: "any", ...options });
}

test("one socket is another client on each port of a range and on the data ports", () => {
  const { table, recorder, defaults } = setting();
  defaults.target = B;
  table.onDatagram(0, at(30_000), C, 1000, bytes("1"));
  table.onDatagram(0, at(30_001), C, 1000, bytes("2"));
  table.onDatagram(0, GAME, C, 1000, bytes("3"));
  table.onDatagram(1, at(30_000), C, 1000, bytes("4"));
  assert.deepEqual(
    recorder.take().filter((line) => line.startsWith("backend")),
    ["1", "2", "3", "4"].map(
      (text, n) => `backend ${C}:1000 10.0.0.${[1, 2, 2, 1][n]}:5000 ${text}`,
    ),
  );
  assert.equal(table.size, 3);
  assert.notEqual(table.sessionOf(C, 1000), table.sessionOf(C, 1000, "udp", 30_000));
  assert.equal(table.hasSessionsAt(30_000), true);
  table.tick(301);
  assert.deepEqual([table.size, table.hasSessionsAt(30_000)], [0, false]);
});

test("tokens and control packets are data there, and move no session", () => {
  const { table, recorder } = setting();
  table.issueToken(0, tokenNumber(1), B);
  table.onDatagram(0, GAME, C, 2000, bytes(tokenNumber(1)));
  recorder.take();
  table.onDatagram(0, at(30_000), C, 1000, bytes(tokenNumber(1)));
  table.onDatagram(0, at(30_000), C, 1000, reset(tokenNumber(1)));
  assert.deepEqual(recorder.take(), [
    `open ${C}:1000 -> ${A.key}`,
    "opened range",
    `backend ${C}:1000 10.0.0.1:5000 ${tokenNumber(1)}`,
    `backend ${C}:1000 10.0.0.1:5000 ${reset(tokenNumber(1)).toString("latin1")}`,
  ]);
  // Over TCP too it is the data ports' session that a reset means.
  assert.deepEqual(table.resetByQuery(1, C, undefined, tokenNumber(1)), { ok: true });
  assert.equal(table.sessionOf(C, 1000, "udp", 30_000)?.target, A);
});

test("a port that leads nowhere, or has no port at its backend, drops with a reason", () => {
  const { table, recorder } = setting();
  table.onDatagram(0, at(30_002), C, 1000, bytes("x"));
  table.onDatagram(0, at(30_000, "other"), C, 1000, bytes("x"));
  assert.deepEqual(recorder.take(), [
    "drop port_not_allocated client",
    "drop no_port_mapping client",
  ]);
  const refused = { ok: false, reason: "port_not_allocated" };
  assert.deepEqual(table.onConnection(0, "game", C, 1000, undefined, 30_002), refused);
});

test("UDP and TCP of one address to one port are one session, and no other one's", () => {
  const { table } = setting();
  const first = table.onConnection(0, "game", C, 1000, undefined, 30_000);
  const second = table.onConnection(0, "game", C, 1001, undefined, 30_000);
  const other = table.onConnection(0, "game", C, 1002, undefined, 30_001);
  assert.ok(first.ok && second.ok && other.ok);
  assert.equal(first.session, second.session);
  assert.equal(other.session.target, B);
  assert.equal(table.size, 2);
});

test("a full or draining director opens no session there; live ones go on", () => {
  const { table, recorder } = setting({ maxSessions: 1 });
  table.onDatagram(0, at(30_000), C, 1000, bytes("x"));
  table.onDatagram(0, at(30_000), C, 1001, bytes("x"));
  assert.equal(recorder.take().at(-1), "drop sessions_full client");
  table.drain();
  table.onDatagram(0, at(30_001), C, 1000, bytes("x"));
  table.onDatagram(0, at(30_000), C, 1000, bytes("y"));
  assert.deepEqual(recorder.take(), ["drop draining client", `backend ${C}:1000 10.0.0.1:5000 y`]);
});
