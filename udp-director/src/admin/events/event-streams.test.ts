import assert from "node:assert/strict";
import { test } from "node:test";
import { EventParser } from "../page/event-source.js";
import { EventLog, KEPT_EVENTS } from "./event-log.ts";
import { EventStreams, MAX_BUFFERED_BYTES, MAX_STREAMS } from "./event-streams.ts";

/** A response that the test reads, or does not. */
class Reader {
  readonly parser = new EventParser();
  text = "";
  reads = true;
  writableLength = 0;
  destroyed = false;
  #close: (() => void) | undefined;

  writeHead(status: number, headers: Record<string, string>) {
    assert.equal(status, 200);
    assert.equal(headers["content-type"], "text/event-stream");
  }

  write(text: string) {
    if (this.reads) this.text += text;
    else this.writableLength += text.length;
    return this.reads;
  }

  destroy() {
    this.destroyed = true;
    this.#close?.();
  }

  once(_event: "close", listener: () => void) {
    this.#close = listener;
  }

  /** What has come since the last call, in short. */
  take() {
    const events = this.parser.push(this.text);
    this.text = "";
    return events.map((event) =>
      event.kind === "events_missed"
        ? `missed ${event.count}`
        : "source" in event
          ? event.source
          : event.kind,
    );
  }
}

function setting() {
  const log = new EventLog(() => 0);
  const dropped = { readers: 0 };
  const streams = new EventStreams(log, "run1", () => void dropped.readers++);
  const open = (start: { lastEventId?: string; recent?: number } = {}) => {
    const reader = new Reader();
    streams.start(reader, { lastEventId: undefined, recent: 0, ...start });
    return reader;
  };
  let count = 0;
  const add = (events: number) => {
    for (let n = 0; n < events; n++) log.add({ kind: "ban_lifted", source: String(++count) });
  };
  return { dropped, streams, open, add };
}

test("a new reader gets as many of the last events as it asks for, then each as it happens", () => {
  const { open, add } = setting();
  add(5);
  const [none, two] = [open(), open({ recent: 2 })];
  assert.deepEqual(none.take(), []);
  assert.deepEqual(two.take(), ["4", "5"]);
  add(1);
  assert.deepEqual([none.take(), two.take()], [["6"], ["6"]]);
  assert.equal(two.parser.lastId, "run1-6");
});

test("a reader that comes back misses nothing that is kept, and is told how many it missed", () => {
  const { open, add } = setting();
  add(3);
  assert.deepEqual(open({ lastEventId: "run1-1" }).take(), ["2", "3"]);
  assert.deepEqual(open({ lastEventId: "run1-3", recent: 3 }).take(), []);
  add(KEPT_EVENTS);
  const late = open({ lastEventId: "run1-1" }).take();
  assert.deepEqual([late.length, late[0], late[1]], [KEPT_EVENTS + 1, "missed 2", "4"]);
});

test("an id of an earlier run, or none of ours, gives all that is kept", () => {
  const { open, add } = setting();
  add(2);
  for (const lastEventId of ["run0-1", "run1-99", "", "1", "run1-"]) {
    assert.deepEqual(open({ lastEventId }).take(), ["missed null", "1", "2"], lastEventId);
  }
});

test("a reader that does not read is cut off at the bound; others go on", () => {
  const { dropped, open, add } = setting();
  const [slow, quick] = [open(), open()];
  slow.reads = false;
  for (let n = 0; n < 20_000 && !slow.destroyed; n++) add(1);
  assert.ok(slow.destroyed);
  assert.ok(slow.writableLength < MAX_BUFFERED_BYTES + 1000, `${slow.writableLength}`);
  assert.equal(dropped.readers, 1);
  quick.take();
  const before = slow.writableLength;
  add(1);
  assert.equal(quick.take().length, 1);
  assert.equal(slow.writableLength, before);
});

test("there is room for so many readers, and again when one leaves", () => {
  const { streams, open } = setting();
  const readers = Array.from({ length: MAX_STREAMS }, () => open());
  assert.equal(streams.full, true);
  readers[0]?.destroy();
  assert.equal(streams.full, false);
  for (const reader of readers) reader.destroy();
});
