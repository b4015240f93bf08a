import assert from "node:assert/strict";
import { test } from "node:test";
import type { Session } from "../sessions/session.ts";
import { bytes, GAME, makeTable, reset, target, tokenNumber } from "../sessions/testing.ts";
import { isSampled, observers, SessionLog, type SessionLogRules } from "./session-log.ts";

/** A log over a clock that the test moves. */
function setting(rules: SessionLogRules) {
  const lines: object[] = [];
  const clock = { now: 0 };
  const log = new SessionLog(rules, {
    log: { info: (fields, message) => void lines.push({ ...fields, message }) },
    now: () => clock.now,
  });
  return { log, lines, clock };
}

test("a session's life is three lines with its id, also beside other observers", () => {
  const { log, lines } = setting({ sample: 1, linesPerSecond: 10 });
  const { table, recorder } = makeTable();
  const both = observers(recorder, log);
  table.issueToken(0, tokenNumber(1), target("10.0.0.1"));
  table.issueToken(0, tokenNumber(2), target("10.0.0.2"));
  table.onDatagram(0, GAME, "2001:db8::1", 4000, bytes(tokenNumber(1)));
  const [session] = table.sessions();
  assert.ok(session);
  both.sessionOpened(session);
  table.onDatagram(1, GAME, "2001:db8::1", 4000, reset(tokenNumber(2)));
  both.sessionRetargeted(session, "packet");
  both.sessionClosed(session, "idle", 2500);
  const known = { session: 1, client: "[2001:db8::1]:4000" };
  const [first, second] = ["pod/default/10.0.0.1", "pod/default/10.0.0.2"];
  assert.deepEqual(lines, [
    { ...known, backend: first, origin: "token", message: "session opened" },
    { ...known, backend: second, cause: "packet", moves: 1, message: "session moved" },
    { ...known, backend: second, reason: "idle", seconds: 2.5, message: "session ended" },
  ]);
});

test("a sample is that share of the sessions, and none is none", () => {
  const share = (sample: number) =>
    Array.from({ length: 10_000 }, (_, id) => isSampled(id + 1, sample)).filter(Boolean).length;
  assert.equal(share(0), 0);
  assert.equal(share(1), 10_000);
  for (const sample of [0.01, 0.1, 0.5]) {
    assert.ok(Math.abs(share(sample) - sample * 10_000) < 20, `${sample}: ${share(sample)}`);
  }
});

test("lines over the rate are left out and counted in the next one", () => {
  const { log, lines, clock } = setting({ sample: 1, linesPerSecond: 2 });
  const session = (id: number) =>
    ({
      id,
      clientAddress: "192.0.2.1",
      clientPort: 1,
      target: target("10.0.0.1"),
    }) as Session<unknown>;
  for (let id = 1; id <= 5; id++) log.sessionOpened(session(id));
  assert.equal(lines.length, 2);
  clock.now = 500;
  log.sessionOpened(session(6));
  log.sessionOpened(session(7));
  assert.equal(lines.length, 3);
  assert.equal((lines[2] as { linesLeftOut: number }).linesLeftOut, 3);
});
