import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bytes, GAME, makeTable, reset, target, tokenNumber } from "../../sessions/testing.ts";
import { EventLog, KEPT_EVENTS } from "./event-log.ts";
import { eventShape } from "./event-schemas.ts";

test("a session's life, changes of backends and the store are events of the published shape", () => {
  const log = new EventLog(() => Date.UTC(2026, 0, 2));
  const { table } = makeTable();
  table.issueToken(0, tokenNumber(1), target("10.0.0.1"));
  table.issueToken(0, tokenNumber(2), target("10.0.0.2"));
  table.onDatagram(0, GAME, "2001:db8::1", 4000, bytes(tokenNumber(1)));
  const [session] = table.sessions();
  assert.ok(session);
  log.sessionOpened(session);
  table.onDatagram(1, GAME, "2001:db8::1", 4000, reset(tokenNumber(2)));
  log.sessionRetargeted(session, "packet");
  log.clientMoved(session, { address: "2001:db8::2", port: 4001, transport: "udp" });
  log.sessionClosed(session, "idle", 2500);
  const backend = { resourceType: "pod", namespace: "ns", name: "a", resource: "pod/ns/a" };
  log.backendChanged({ ...backend, kind: "added" });
  log.backendChanged({ ...backend, kind: "draining", reason: "marked" });
  log.backendChanged({ ...backend, kind: "removed" });
  for (const available of [true, false, false, true]) log.storeSeen(available);
  const events = log.after(0).map(({ event }) => event);
  const at = "2026-01-02T00:00:00.000Z";
  const known = { at, session: 1, client: "[2001:db8::1]:4000" };
  const [first, second] = ["pod/default/10.0.0.1", "pod/default/10.0.0.2"];
  assert.deepEqual(events, [
    { ...known, kind: "session_opened", backend: first, origin: "token" },
    { ...known, kind: "session_moved", backend: second, cause: "packet", moves: 1 },
    { ...known, kind: "session_resumed", backend: second, previous: "[2001:db8::2]:4001" },
    { ...known, kind: "session_ended", backend: second, reason: "idle", seconds: 2.5 },
    { at, kind: "backend_added", backend: "pod/ns/a" },
    { at, kind: "backend_draining", backend: "pod/ns/a", reason: "marked" },
    { at, kind: "backend_removed", backend: "pod/ns/a" },
    { at, kind: "store_lost" },
    { at, kind: "store_back" },
  ]);
  for (const event of events) eventShape.parse(event);
});

test("whoever comes back gets what is still kept, in order, and never more than is kept", () => {
  fc.assert(
    fc.property(fc.nat(2 * KEPT_EVENTS), fc.nat(2 * KEPT_EVENTS), (count, seen) => {
      const log = new EventLog(() => 0);
      for (let n = 0; n < count; n++) log.add({ kind: "ban_lifted", source: String(n + 1) });
      const first = Math.max(seen, count - KEPT_EVENTS, 0) + 1;
      const expected = Array.from({ length: Math.max(0, count - first + 1) }, (_, n) => first + n);
      const got = log.after(seen);
      assert.deepEqual(
        got.map(({ number }) => number),
        expected,
      );
      for (const { number, event } of got) {
        assert.equal(event.kind === "ban_lifted" && event.source, String(number));
      }
      assert.equal(log.last, count);
    }),
    { numRuns: 50 },
  );
});

test("a listener hears of each event once until it leaves", () => {
  const log = new EventLog(() => 0);
  const heard: number[] = [];
  const leave = log.subscribe(({ number }) => void heard.push(number));
  log.add({ kind: "store_lost" });
  log.add({ kind: "store_back" });
  leave();
  log.add({ kind: "store_lost" });
  assert.deepEqual(heard, [1, 2]);
});
