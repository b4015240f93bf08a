import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { EventParser } from "./event-source.js";
import { backendState, count, duration, eventText, short } from "./figures.js";

test("rates, counts and times are short", () => {
  assert.deepEqual([0, 0.25, 9.96, 10, 999, 1000, 123_456, 2.5e9].map(short), [
    ...["0", "0.3", "10.0", "10", "999", "1.00k", "123k", "2.50G"],
  ]);
  assert.deepEqual([0, 1, 999, 1500].map(count), ["0", "1", "999", "1.50k"]);
  assert.deepEqual([0.04, 59, 75, 7200, 172_800].map(duration), [
    ...["0.0s", "59.0s", "1.3m", "2.0h", "2.0d"],
  ]);
});

test("a backend that is not there names the sessions that are stranded on it", () => {
  assert.equal(backendState("present", 3), "present");
  assert.equal(backendState("drain", 0), "draining");
  assert.equal(backendState("gone", 2), "gone, 2 stranded");
});

test("an event in words names who, where and why", () => {
  const at = "";
  const known = { at, session: 7, client: "192.0.2.1:9", backend: "pod/ns/a" };
  const words = [
    eventText({ ...known, kind: "session_opened", origin: "token" }),
    eventText({ ...known, kind: "session_moved", cause: "drain", moves: 1 }),
    eventText({ ...known, kind: "session_resumed", previous: "192.0.2.1:8" }),
    eventText({ ...known, kind: "session_ended", reason: "idle", seconds: 90 }),
    eventText({ at, kind: "source_banned", source: "192.0.2.1", seconds: 60 }),
    eventText({ at, kind: "backend_draining", backend: "pod/ns/a", reason: "marked" }),
    eventText({ at, kind: "events_missed", count: null }),
    eventText({ at, kind: "store_lost" }),
  ];
  assert.deepEqual(words, [
    "7: 192.0.2.1:9 to pod/ns/a (token)",
    "7: 192.0.2.1:9 to pod/ns/a (drain)",
    "7: 192.0.2.1:9, 192.0.2.1:8 before",
    "7: 192.0.2.1:9 at pod/ns/a (idle) after 1.5m",
    "192.0.2.1 for 1.0m",
    "pod/ns/a (marked)",
    "the director was restarted",
    "",
  ]);
});

test("events are read the same however the stream is cut into pieces", () => {
  const events = ["a", "b\u2028", "c"].map((source) => ({ kind: "ban_lifted", at: "", source }));
  const text = `retry: 1000\n\n${events
    .map((event, at) => `id: run-${at + 1}\ndata: ${JSON.stringify(event)}\n\n`)
    .join(": still here\n\n")}`;
  fc.assert(
    fc.property(fc.array(fc.nat(text.length), { maxLength: 12 }), (cuts) => {
      const parser = new EventParser();
      const ends = [...cuts.sort((a, b) => a - b), text.length];
      const got = ends.flatMap((end, at) => parser.push(text.slice(ends[at - 1] ?? 0, end)));
      assert.deepEqual(got, events);
      assert.equal(parser.lastId, "run-3");
    }),
  );
});
