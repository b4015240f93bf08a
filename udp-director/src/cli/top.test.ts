import assert from "node:assert/strict";
import { test } from "node:test";
import type { Summary } from "../admin/control-schemas.ts";
import { screen } from "./top.ts";

const both = (value: number) => ({ client: value, server: value });
const summary = (uptimeSeconds: number, n: number): Summary => ({
  uptimeSeconds,
  sessions: 3,
  clients: 2,
  tokens: 1,
  bans: 0,
  stranded: 0,
  quality: { watched: 0, worst: [] },
  totals: {
    packetsReceived: both(n * 100),
    packetsSent: both(n * 50),
    bytesReceived: both(n * 1_000_000),
    bytesSent: both(n * 500),
    dropped: { queue_full: n },
  },
  backends: [{ resource: "echo/local/a", state: "present", sessions: 3 }],
});

test("a screen shows rates between two looks, drops and backends", () => {
  assert.deepEqual(screen(summary(10, 0), summary(12, 4)), [
    "up 12 s, 3 sessions of 2 addresses, 1 tokens, 0 bans, 0 stranded",
    "",
    "          IN packets/s  bit/s  OUT packets/s  bit/s",
    "clients   200           16.0M  100            8.00k",
    "backends  200           16.0M  100            8.00k",
    "",
    "DROPPED     packets/s  in all",
    "queue_full  2.0        4",
    "",
    "BACKEND       STATE    SESSIONS",
    "echo/local/a  present  3",
  ]);
});

test("the last events stand below, and a backend that drains names who is stranded there", () => {
  const after = {
    ...summary(12, 4),
    backends: [{ resource: "echo/local/a", state: "drain" as const, sessions: 3 }],
  };
  const ended = { session: 7, client: "192.0.2.1:9", backend: "echo/local/a", reason: "idle" };
  const lines = screen(summary(10, 0), after, [
    { at: "2026-01-02T03:04:05.678Z", kind: "session_ended", seconds: 9, ...ended },
    { at: "2026-01-02T03:04:06.000Z", kind: "store_lost" },
  ]);
  assert.deepEqual(lines.slice(-6), [
    "BACKEND       STATE                 SESSIONS",
    "echo/local/a  draining, 3 stranded  3",
    "",
    "UTC       EVENT",
    "03:04:05  session_ended  7: 192.0.2.1:9 at echo/local/a (idle) after 9.0s",
    "03:04:06  store_lost",
  ]);
});

test("watched sessions stand there, the worst first, with what is known of them", () => {
  const one = { session: 7, client: "192.0.2.1:9", resource: "echo/local/a" };
  const worst = [{ ...one, lossRatio: 0.0123, jitterMs: 4.2, roundTripMs: null }];
  const lines = screen(summary(10, 0), { ...summary(12, 4), quality: { watched: 3, worst } });
  assert.deepEqual(lines.slice(-2), [
    "WORST OF 3 WATCHED  LOSS   JITTER  ROUND TRIP",
    "7 192.0.2.1:9       1.2 %  4.2 ms  -",
  ]);
});

test("a director that was restarted in between has no negative rates", () => {
  assert.match(screen(summary(100, 9), summary(1, 0))[3] ?? "", /^clients +0 +0 +0 +0$/);
});
