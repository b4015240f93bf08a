import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { makeTarget } from "../sessions/target.ts";
import { parseObject, readSession, type SessionRecord, sessionJson } from "./records.ts";
import { SessionReader } from "./session-reader.ts";

const record = (more: Partial<SessionRecord> = {}): SessionRecord => ({
  ...{ address: "192.0.2.1", port: 4000, transport: "udp", origin: "token" },
  ...{ token: undefined, createdAt: 1, activeAt: 2, targetSince: 3 },
  target: makeTarget("10.0.0.1", [["game", 7000]], "game/games/arena"),
  ...more,
});
const query = {
  ...{ resourceType: "game", namespace: "games", labels: [["t", ',"t":['] as const] },
  ...{ annotations: [], status: undefined },
};

/** What is read without any of the reader's short cuts. */
const plainly = (text: string) => {
  const json = parseObject(text);
  return json && readSession(json);
};

test("what was written is read, whatever is in its texts", () => {
  const reader = new SessionReader();
  for (const one of [
    record(),
    record({ token: '","t":[1],"x":"' }),
    record({ transport: "tcp", origin: "default" }),
    record({ rangePort: 30_001, origin: "range" }),
    record({ target: { ...record().target, query } }),
    record({ target: makeTarget("::1", [["game", 1]], ',"t":', "every") }),
  ]) {
    const text = sessionJson(one);
    assert.deepEqual(reader.read(text), plainly(text));
    assert.equal(reader.read(text)?.token, one.token);
    assert.deepEqual(reader.read(text)?.target, one.target);
  }
});

/** The keys that are there without a value are of no account. */
const defined = (one: object | undefined) => one && JSON.parse(JSON.stringify(one));
/** Reads a text from within other bytes, as a line is. */
const fromBytes = (text: string) => {
  const bytes = Buffer.from(`before ${text} behind`);
  return new SessionReader().readBytes(bytes, 7, bytes.length - 7);
};

test("bytes are read as their text is, also cut, changed, and with numbers of any kind", () => {
  const texts = [
    record(),
    record({ token: "a-b.c" }),
    record({ token: '\u00fc"\\' }),
    record({ address: "2001:db8::9", transport: "tcp", origin: "default" }),
    record({ rangePort: 30_001, origin: "range" }),
    record({ transport: "tcp", rangePort: 30_001, origin: "range" }),
    record({ createdAt: 1_796_028_367_883, activeAt: 0, target: { ...record().target, query } }),
  ].map(sessionJson);
  const [plain = ""] = texts;
  for (const text of texts) {
    assert.deepEqual(defined(fromBytes(text)), defined(plainly(text)), text);
    assert.ok(fromBytes(text), text);
    for (let cut = 0; cut < text.length; cut++) {
      const short = text.slice(0, cut);
      assert.deepEqual(defined(fromBytes(short)), defined(plainly(short)), short);
    }
  }
  const numbers = ["0", "1", "65535", "65536", "01", "-1", "1.5", "1e3", "9".repeat(16), '"1"', ""];
  for (const key of ["p", "c", "l", "s"]) {
    for (const number of numbers) {
      const text = plain.replace(new RegExp(`"${key}":\\d+`), `"${key}":${number}`);
      assert.deepEqual(defined(fromBytes(text)), defined(plainly(text)), text);
    }
  }
  const anything = fc.tuple(fc.constantFrom(...texts), fc.nat(), fc.string({ unit: "binary" }));
  fc.assert(
    fc.property(anything, ([text, where, instead]) => {
      const at = where % text.length;
      const other = text.slice(0, at) + instead + text.slice(at + 1);
      assert.deepEqual(defined(fromBytes(other)), defined(plainly(other)), other);
    }),
    { numRuns: 3000 },
  );
});

test("equal targets are read once", () => {
  const reader = new SessionReader();
  const [one, other] = [{ port: 1 }, { port: 2 }].map((more) =>
    reader.read(sessionJson(record(more))),
  );
  assert.ok(one && other);
  assert.equal(one.target, other.target);
  assert.equal(other.port, 2);
});

test("other orders, and what is no session, are read as ever", () => {
  const reader = new SessionReader();
  const good = sessionJson(record());
  const json = JSON.parse(good);
  const { t, ...head } = json;
  for (const text of [
    JSON.stringify({ t, ...head }),
    JSON.stringify({ a: json.a, t, ...json }),
    JSON.stringify({ ...head, t, more: 1 }),
    JSON.stringify({ ...head, t: [] }),
    JSON.stringify({ ...head, t: null }),
    JSON.stringify(head),
    `${good} `,
    `${good}}`,
    good.slice(0, -1),
    good.replace(',"t":', ',"t"'),
    ',"t":[]}',
    "[]",
    "",
  ]) {
    assert.deepEqual(reader.read(text), plainly(text), text);
  }
  for (let cut = 0; cut < good.length; cut++) {
    const text = good.slice(0, cut);
    assert.deepEqual(reader.read(text), plainly(text), text);
  }
});
