import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, GAME, makeTable, target, tokenNumber } from "../sessions/testing.ts";
import type { StoreChange } from "./records.ts";
import { StateRecorder } from "./state-recorder.ts";

const A = target("10.0.0.1");
const B = target("10.0.0.2");
const C = "192.0.2.1";
const TIMEOUT = 300;
const ACTIVITY = 10;

/** A process: its own monotonic clock, a wall clock that all share. */
function start(wall: { now: number }, monotonic: number, rules = {}) {
  const changes: StoreChange[] = [];
  const clock = { now: monotonic };
  const recorder = new StateRecorder({
    store: { write: (change) => void changes.push(change) },
    now: () => clock.now,
    wallNow: () => wall.now,
    activityMs: ACTIVITY,
  });
  const made = makeTable({ sessionTimeoutMs: TIMEOUT, keeper: recorder, ...rules });
  recorder.table = made.table;
  const pass = (ms: number) => {
    clock.now += ms;
    wall.now += ms;
    made.table.tick(clock.now);
  };
  const packet = (port: number, text: string) =>
    made.table.onDatagram(clock.now, GAME, C, port, bytes(text));
  const kept = () => {
    const sessions = [...recorder.snapshot()].flatMap((one) =>
      one.kind === "session" ? [one.record] : [],
    );
    const tokens = [...recorder.snapshot()].flatMap((one) =>
      one.kind === "token" ? [one.record] : [],
    );
    return { sessions, tokens };
  };
  return { ...made, state: recorder, changes, clock, pass, packet, kept };
}

test("every opening, move and end is written; what ends with the process is not", () => {
  const one = start({ now: 1_000_000 }, 50);
  one.table.issueToken(50, tokenNumber(1), A);
  one.packet(1000, tokenNumber(1));
  one.table.move(50, 1, B, "operator");
  one.table.end(50, 1);
  one.packet(1001, tokenNumber(1));
  one.table.closeAll(50);
  assert.deepEqual(
    one.changes.map((change) => change.kind),
    ["token", "session", "session", "ended", "session"],
  );
});

test("a restored session keeps its backend, origin, age and idle time, whatever the new clock", () => {
  const wall = { now: 1_000_000 };
  const before = start(wall, 9_000);
  before.table.issueToken(9_000, tokenNumber(1), A);
  before.packet(1000, tokenNumber(1));
  before.pass(100);
  before.packet(1000, "x");
  const kept = before.kept();
  wall.now += 150;
  const after = start(wall, 7);
  assert.equal(after.state.restore(kept), 1);
  const [session] = [...after.table.sessions()];
  assert.equal(session?.origin, "token");
  assert.equal(session?.createdAt, 7 - 250);
  assert.equal(session?.lastActiveAt, 7 - 150 + ACTIVITY);
  assert.deepEqual(after.changes, []);
  after.packet(1000, "y");
  assert.equal(after.recorder.take().at(-1), `backend ${C}:1000 10.0.0.1:5000 y`);
});

test("an idle session ends on time after a restart, at most one note of activity later", () => {
  const wall = { now: 1_000_000 };
  const before = start(wall, 0);
  before.table.issueToken(0, tokenNumber(1), A);
  before.packet(1000, tokenNumber(1));
  const kept = before.kept();
  wall.now += 200;
  const after = start(wall, 0);
  after.state.restore(kept);
  after.pass(99 + ACTIVITY);
  assert.equal(after.table.size, 1);
  after.pass(1);
  assert.equal(after.table.size, 0);
  wall.now += 1000;
  assert.equal(start(wall, 0).state.restore(kept), 0);
});

test("the time of a session whose packets went on passing begins anew, and no other's", () => {
  const wall = { now: 1_000_000 };
  const before = start(wall, 0);
  before.table.issueToken(0, tokenNumber(1), A);
  for (const port of [1000, 1001, 1002]) before.packet(port, tokenNumber(1));
  before.pass(200);
  before.packet(1002, "x");
  const kept = before.kept();
  // Longer than a session's time for two of them.
  wall.now += 200;
  const after = start(wall, 0);
  const held = (address: string, port: number) => address === C && port === 1000;
  assert.equal(after.state.restore(kept, held), 2);
  assert.equal(after.table.sessionOf(C, 1001), undefined);
  after.pass(TIMEOUT - 200 + ACTIVITY);
  assert.deepEqual(
    [...after.table.sessions()].map(({ clientPort }) => clientPort),
    [1000],
  );
  after.pass(200 - ACTIVITY - 1);
  assert.equal(after.table.size, 1);
  after.pass(1);
  assert.equal(after.table.size, 0);
});

test("a wall clock set back makes sessions fresh and tokens no longer than their life", () => {
  const wall = { now: 1_000_000 };
  const before = start(wall, 0);
  before.table.issueToken(0, tokenNumber(1), A);
  before.packet(1000, tokenNumber(1));
  const kept = before.kept();
  wall.now -= 500_000;
  const after = start(wall, 0);
  assert.equal(after.state.restore(kept), 1);
  assert.equal([...after.table.sessions()][0]?.lastActiveAt, 0);
  after.pass(29);
  assert.equal(after.table.tokens, 1);
  after.pass(1);
  assert.equal(after.table.tokens, 0);
});

test("a restored single-use token stays used, and a bound one stays bound", () => {
  const wall = { now: 1_000_000 };
  const tokenRules = { singleUse: true, bindToSource: true };
  const before = start(wall, 0, { tokenRules });
  before.table.issueToken(0, tokenNumber(1), A, C);
  before.table.issueToken(0, tokenNumber(2), A, "192.0.2.9");
  before.packet(1000, tokenNumber(1));
  const after = start(wall, 0, { tokenRules });
  after.state.restore(before.kept());
  after.packet(1001, tokenNumber(1));
  after.packet(1001, tokenNumber(2));
  assert.deepEqual(
    after.recorder.take().filter((line) => line.startsWith("drop")),
    ["drop token_used client", "drop token_other_client client"],
  );
});

test("a checkpoint writes those that were active since the last one", () => {
  const one = start({ now: 0 }, 0);
  one.table.issueToken(0, tokenNumber(1), A);
  for (const port of [1000, 1001, 1002]) {
    one.pass(1);
    one.packet(port, tokenNumber(1));
  }
  const active = () => {
    one.changes.length = 0;
    assert.equal(one.state.checkpoint(), false);
    return one.changes.map(
      (change) => "record" in change && "port" in change.record && change.record.port,
    );
  };
  assert.deepEqual(active(), [1002, 1001, 1000]);
  // The last one may have been active again within the same tick of the clock.
  assert.deepEqual(active(), [1002]);
  one.pass(1);
  one.packet(1001, "x");
  assert.deepEqual(active(), [1001, 1002]);
  assert.deepEqual(active(), [1001]);
});

test("a table that is full, or knows the client already, keeps what it has", () => {
  const wall = { now: 0 };
  const before = start(wall, 0);
  before.defaults.target = A;
  for (const port of [1000, 1001, 1002]) before.packet(port, "x");
  const after = start(wall, 0, { maxSessions: 2 });
  after.defaults.target = B;
  after.packet(1000, "x");
  assert.equal(after.state.restore(before.kept()), 1);
  assert.equal(after.table.size, 2);
  assert.equal(after.table.sessionOf(C, 1000)?.target, B);
});
