import assert from "node:assert/strict";
import { test } from "node:test";
import { makeTable, target } from "../sessions/testing.ts";
import type { SessionRecord } from "./records.ts";
import type { Found } from "./session-store.ts";
import { share } from "./share.ts";
import { StateRecorder } from "./state-recorder.ts";

const C = "192.0.2.1";
const record = (port: number): SessionRecord => ({
  ...{ address: C, port, transport: "udp", origin: "token", token: undefined },
  ...{ createdAt: 0, activeAt: 0, targetSince: 0, target: target("10.0.0.1") },
});

test("a client of whom no packet has come gets its session from the store, which may fail", async () => {
  const asked: number[] = [];
  const results: string[] = [];
  const lookUp = async (_address: string, port: number | undefined): Promise<Found> => {
    asked.push(port ?? 0);
    if (port === 1002) throw new Error("not connected");
    const session = port === 1000 ? record(1000) : undefined;
    return { session, token: undefined, holder: undefined };
  };
  const now = () => 200;
  const { table, recorder: observer } = makeTable();
  const write = () => undefined;
  const recorder = new StateRecorder({ store: { write }, now, wallNow: now, activityMs: 10 });
  recorder.table = table;
  const { recallClient } = share({
    ...{ table, recorder, now, observer, store: { available: true, lookUp } },
    metrics: {
      error: (kind) => results.push(kind),
      lookedUp: (result) => results.push(result),
      restored: (source) => results.push(source),
    },
    whenUnavailable: "drop",
    resume: "off",
  });
  for (const port of [1000, 1001, 1002, 1000]) await recallClient(C, port);
  assert.deepEqual(asked, [1000, 1001, 1002], "one that is there is not asked about");
  assert.deepEqual(results, ["replica", "session", "nothing", "failed", "look_up"]);
  assert.equal(table.sessionOf(C, 1000)?.lastActiveAt, 200, "its packets pass");
  assert.equal(table.size, 1);
});
