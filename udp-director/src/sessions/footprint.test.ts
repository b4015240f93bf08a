import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { BackendTarget } from "./target.ts";
import { bytes, GAME, makeTable, target, tokenNumber } from "./testing.ts";

/** Sessions that are measured: so many that what the table has once does not count. */
const SESSIONS = 20_000;

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

/** Bytes of the heap that are in use, without what nobody needs any more. */
function heapBytes(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

/** A text with bytes of its own, as the address of each packet is. */
const fresh = (text: string) => Buffer.from(text).toString("latin1");
const addressOf = (n: number) => fresh(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);

/** Heap bytes of each of many sessions that `open` opens in one table. */
function bytesEach(
  open: (table: ReturnType<typeof makeTable>["table"], n: number) => void,
  fallback?: BackendTarget,
): number {
  const { table, recorder, defaults } = makeTable({
    ...{ maxSessions: 2 * SESSIONS, sessionTimeoutMs: 1e9, maxTokens: 100 },
  });
  defaults.target = fallback;
  // Nothing is written down: it would be measured with the sessions.
  recorder.forwardToBackend = () => undefined;
  Object.defineProperty(recorder, "log", { value: { push: () => 0 } });
  for (let n = 0; n < 1000; n++) open(table, n);
  const before = heapBytes();
  for (let n = 1000; n < 1000 + SESSIONS; n++) open(table, n);
  const after = heapBytes();
  assert.equal(table.size, 1000 + SESSIONS);
  return (after - before) / SESSIONS;
}

// Bounds are a tenth above what Node 24 reaches.
test("a session without a token costs little more than its record", () => {
  const fallback = target("10.1.0.1");
  const payload = bytes("hello");
  const one = fresh("192.0.2.1");
  const apart = bytesEach((table, n) => {
    table.onDatagram(1, GAME, addressOf(n), 4000, payload);
  }, fallback);
  assert.ok(apart < 410, `${apart} bytes with an address of its own`);
  const together = bytesEach((table, n) => {
    table.onDatagram(1, GAME, fresh(one), 1024 + n, payload);
  }, fallback);
  assert.ok(together < 375, `${together} bytes behind one address`);
});

test("sessions with tokens share what their clients asked for", () => {
  const wanted = (n: number) => ({
    resourceType: "pod",
    namespace: "default",
    labels: [["map", `${n % 10}`]] as const,
    annotations: [],
    status: undefined,
  });
  const each = bytesEach((table, n) => {
    const token = fresh(tokenNumber(n));
    const asked = { ...target("10.1.0.1"), query: wanted(n) };
    table.issueToken(n, token, asked);
    table.onDatagram(n, GAME, addressOf(n), 4000, bytes(token));
  });
  assert.ok(each < 530, `${each} bytes`);
});
