import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, GAME, makeTable, target, tokenNumber } from "../sessions/testing.ts";
import type { StreamView } from "./quality.ts";
import { INTERVAL_MS, QualityWatch } from "./quality-watch.ts";

/** A table with sessions of these ids, and a watch that samples the even ones. */
function setting(sessions: number, maxSessions = 100) {
  const { table } = makeTable({
    ...{ maxSessions: 100, maxTokens: 100, tokenTtlMs: 1e9, sessionTimeoutMs: 1e9 },
  });
  const reported: StreamView[] = [];
  const trips: number[] = [];
  const watch = new QualityWatch(
    () => ({ sample: 0.5, maxSessions }),
    (id, sample) => sample === 0.5 && id % 2 === 0,
    { stream: (view) => void reported.push(view), roundTrip: (ms) => void trips.push(ms) },
  );
  for (let n = 1; n <= sessions; n++) {
    table.issueToken(0, tokenNumber(n), target("10.0.0.1"));
    table.onDatagram(0, GAME, "192.0.2.1", n, bytes(tokenNumber(n)));
  }
  for (const session of table.sessions()) watch.sessionOpened(session);
  const send = (port: number, at: number) =>
    table.onDatagram(at, GAME, "192.0.2.1", port, bytes("x"));
  return { table, watch, reported, trips, send };
}

const ids = (watch: QualityWatch) => [...watch.all()].map(({ session }) => session.id);

test("a sample of the sessions is watched, and those asked for; the others have no tap", () => {
  const { table, watch } = setting(5);
  assert.deepEqual(ids(watch), [2, 4]);
  const [first] = table.sessions();
  assert.ok(first);
  assert.equal(first.tap, undefined);
  assert.ok(watch.start(1, first));
  assert.ok(watch.start(1, first));
  assert.deepEqual(ids(watch), [2, 4, 1]);
  watch.stop(1);
  assert.equal(first.tap, undefined);
  assert.deepEqual(ids(watch), [2, 4]);
});

test("there is room for so many", () => {
  const { table, watch } = setting(10, 3);
  assert.deepEqual(ids(watch), [2, 4, 6]);
  const session = table.session(1);
  assert.ok(session);
  assert.equal(watch.start(0, session), false);
  watch.stop(4);
  assert.ok(watch.start(0, session));
});

test("the first interval is a whole one, for the first that is watched after nobody was, too", () => {
  const { table, watch, reported, send } = setting(2);
  send(2, 1000);
  watch.tick(1000);
  assert.equal(reported.length, 0);
  watch.stop(2);
  assert.equal(reported.length, 1);
  const session = table.session(1);
  assert.ok(session && watch.start(100_000, session));
  send(1, 100_500);
  watch.tick(100_000 + INTERVAL_MS - 1);
  assert.equal(reported.length, 1);
  watch.tick(100_000 + INTERVAL_MS);
  assert.equal(reported.length, 2);
});

test("each stream with packets is reported once in ten seconds, and at the session's end", () => {
  const { table, watch, reported, send } = setting(4);
  for (let n = 0; n < 5; n++) send(2, n * 100);
  send(4, 0);
  watch.tick(INTERVAL_MS - 1);
  assert.equal(reported.length, 0);
  watch.tick(INTERVAL_MS);
  assert.deepEqual(
    reported.map(({ packets, from }) => [packets, from]),
    [
      [5, "client"],
      [1, "client"],
    ],
  );
  watch.tick(2 * INTERVAL_MS);
  assert.equal(reported.length, 2);
  send(2, 2 * INTERVAL_MS);
  const session = table.session(2);
  assert.ok(session);
  watch.sessionClosed(session);
  assert.equal(reported.at(-1)?.packets, 6);
  assert.deepEqual(ids(watch), [4]);
});
