import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { MAX_PORT_NAME_BYTES } from "../config/tokens.ts";
import { MAX_SEALED_BYTES, readSealedToken } from "../protocol/sealed-token.ts";
import { makeTarget } from "../sessions/target.ts";
import { bytes, GAME, makeTable, reset, target } from "../sessions/testing.ts";
import { SealedTokens, type TokenKey } from "./sealed-tokens.ts";

const key = (id: string): TokenKey => ({
  id,
  secret: createHash("sha256").update(`secret of ${id}`).digest(),
});
const A = target("10.0.0.1");

function directors(...keyIds: string[][]) {
  const clock = { now: 1_800_000_000_000 };
  const made = keyIds.map((ids) => {
    const [first = "", ...rest] = ids;
    const keys: [TokenKey, ...TokenKey[]] = [key(first), ...rest.map(key)];
    const wallNow = () => clock.now;
    return new SealedTokens({ keys, ttlMs: 30_000, clockSkewMs: 5_000, wallNow, randomBytes });
  });
  return { clock, made };
}

function one(...ids: string[]) {
  const { clock, made } = directors(ids);
  return { clock, sealed: made[0] as SealedTokens };
}

const refusal = (sealed: SealedTokens, token: string) => {
  const opened = sealed.open(token);
  return opened.ok ? "opened" : opened.reason;
};

const anyTarget = fc
  .record({
    address: fc.oneof(fc.ipV4(), fc.ipV6()),
    ports: fc.uniqueArray(
      fc.tuple(fc.string({ minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 65_535 })),
      { selector: ([name]) => name, maxLength: 3 },
    ),
    resource: fc.string({ maxLength: 600 }),
  })
  .map(({ address, ports, resource }) => makeTarget(address, ports, resource));

test("any target and client survive the round trip, through another director with the key", () => {
  const { made } = directors(["k1"], ["k2", "k1"]);
  const [mine, other] = made as [SealedTokens, SealedTokens];
  fc.assert(
    fc.property(anyTarget, fc.option(fc.ipV6(), { nil: undefined }), (to, client) => {
      const token = mine.seal(to, client);
      assert.ok(token.length <= MAX_SEALED_BYTES);
      assert.equal(readSealedToken(bytes(`${token}\r\n`)), token);
      const opened = other.open(token);
      assert.ok(opened.ok);
      assert.equal(opened.target.key, to.key);
      assert.equal(opened.client, client);
      assert.ok(opened.target.resource === to.resource || opened.target.resource === "");
    }),
  );
});

const pairs = fc.array(fc.tuple(fc.string({ maxLength: 9 }), fc.string({ maxLength: 9 })), {
  maxLength: 3,
});

test("what was asked for comes with the token as a whole, or not at all", () => {
  const { sealed } = one("k1");
  let whole = 0;
  const values = fc.array(fc.string({ maxLength: 60 }), { maxLength: 4 });
  fc.assert(
    fc.property(anyTarget, pairs, pairs, fc.option(values), (to, labels, annotations, wanted) => {
      const status = wanted
        ? { path: ["status", "state"], expectedValues: wanted, range: { above: 3 } }
        : undefined;
      const query = { resourceType: "echo", namespace: "local", labels, annotations, status };
      const named = { ...to, resource: `echo/local/${to.resource}` };
      const token = sealed.seal({ ...named, query });
      assert.ok(token.length <= MAX_SEALED_BYTES);
      const opened = sealed.open(token);
      assert.ok(opened.ok);
      assert.equal(opened.target.key, to.key);
      if (opened.target.query === undefined) return;
      assert.deepEqual(opened.target.query, query);
      assert.equal(opened.target.resource, named.resource);
      whole++;
    }),
  );
  assert.ok(whole > 10, `${whole} tokens had room for their query`);
  const foreign = { resourceType: "echo", namespace: "x/y", labels: [], annotations: [] };
  const token = sealed.seal({ ...A, query: { ...foreign, status: undefined } });
  const opened = sealed.open(token);
  assert.equal(opened.ok && opened.target.query, undefined);
});

test("a usual token is short, hides its backend, and no two are alike", () => {
  const { sealed } = one("k1");
  const to = makeTarget("10.1.2.3", [["default", 7777]], "gameserver/games/arena-1");
  const token = sealed.seal(to);
  assert.ok(token.length <= 130, `${token.length} bytes`);
  const hidden = Buffer.from(token.split(".")[2] ?? "", "base64url").toString("latin1");
  assert.doesNotMatch(token + hidden, /10\.1\.2\.3|default|arena/);
  assert.notEqual(sealed.seal(to), token);
  const opened = sealed.open(token);
  assert.equal(opened.ok && opened.target.resource, to.resource);
});

test("the longest configuration that is accepted makes a token that fits in 512 bytes", () => {
  const { sealed } = one("k".repeat(16));
  const longest = "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255";
  const names: [string, number][] = [];
  for (let left = MAX_PORT_NAME_BYTES; left >= 20; left -= 20) {
    names.push([String.fromCharCode(97 + names.length).repeat(17), 65_535]);
  }
  const token = sealed.seal(makeTarget(longest, names, "x".repeat(500)), longest);
  assert.ok(token.length <= MAX_SEALED_BYTES, `${token.length}`);
  assert.ok(64 + token.length <= 512);
  assert.throws(
    () => sealed.seal(makeTarget(longest, [["x".repeat(255), 1]], "")),
    /longer than a packet/,
  );
});

test("a changed character anywhere, a cut and an addition are refused", () => {
  const { sealed } = one("k1", "k2");
  const token = sealed.seal(A, "192.0.2.1");
  const refused = ["token_malformed", "token_not_authentic"];
  for (let at = 0; at < token.length; at++) {
    assert.ok(refused.includes(refusal(sealed, token.slice(0, at))), `cut at ${at}`);
  }
  fc.assert(
    fc.property(fc.nat({ max: token.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const raw = bytes(token);
      raw[at] = (raw[at] ?? 0) ^ flip;
      assert.ok(refused.includes(refusal(sealed, raw.toString("latin1"))), `byte ${at}`);
    }),
    { numRuns: 5000 },
  );
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 500 }), (tail) => {
      assert.ok(refused.includes(refusal(sealed, token + tail)));
    }),
  );
  assert.equal(refusal(sealed, token), "opened");
});

test("every other spelling of the same base64 is refused", () => {
  const { sealed } = one("k1");
  for (let n = 0; n < 20; n++) {
    const token = sealed.seal(makeTarget("10.0.0.1", [["p".repeat(n + 1), 1]], ""));
    for (const last of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") {
      const other = token.slice(0, -1) + last;
      if (other !== token) assert.notEqual(refusal(sealed, other), "opened");
    }
  }
});

test("keys rotate: the new one seals, the old one opens until it is taken out", () => {
  const { made } = directors(["old"], ["new", "old"], ["new"]);
  const [before, during, after] = made as [SealedTokens, SealedTokens, SealedTokens];
  const old = before.seal(A);
  assert.equal(refusal(during, old), "opened");
  assert.equal(refusal(after, old), "token_not_authentic");
  assert.equal(refusal(after, during.seal(A)), "opened");
  assert.equal(refusal(before, during.seal(A)), "token_not_authentic");
  const renamed = during.seal(A).replace("udp1.new.", "udp1.old.");
  assert.equal(refusal(during, renamed), "token_not_authentic");
});

test("a token lives its life and the clocks' difference, exactly, and none that is too long", () => {
  const { clock, sealed } = one("k1");
  const token = sealed.seal(A);
  clock.now += 34_999;
  assert.equal(refusal(sealed, token), "opened");
  clock.now += 1;
  assert.equal(refusal(sealed, token), "token_expired");
  clock.now -= 35_000 + 5_000;
  assert.equal(refusal(sealed, token), "opened");
  clock.now -= 1;
  assert.equal(refusal(sealed, token), "token_expired");
});

test("random texts and bytes never throw and never open", () => {
  const { sealed } = one("k1");
  const body = fc.uint8Array({ maxLength: 400 }).map((b) => Buffer.from(b).toString("base64url"));
  const text = fc.oneof(
    fc.string({ maxLength: 600 }),
    body.map((rest) => `udp1.k1.${rest}`),
  );
  fc.assert(
    fc.property(text, (token) => assert.notEqual(refusal(sealed, token), "opened")),
    { numRuns: 2000 },
  );
});

const CLIENT = "192.0.2.1";

function table(options: Parameters<typeof makeTable>[0] = {}) {
  const { clock, sealed } = one("k1");
  return { clock, sealed, ...makeTable({ sealed, ...options }) };
}

test("a sealed token opens a session as first packet and moves one in a control packet", () => {
  const { sealed, table: sessions, recorder } = table();
  const b = target("10.0.0.2");
  sessions.onDatagram(0, GAME, CLIENT, 1000, bytes(sealed.seal(A)));
  sessions.onDatagram(1, GAME, CLIENT, 1000, reset(`${sealed.seal(b)}\n`));
  assert.deepEqual(recorder.take(), [
    "hit",
    `open ${CLIENT}:1000 -> ${A.key}`,
    "opened token",
    "hit",
    `retarget ${CLIENT}:1000 ${A.key} -> ${b.key}`,
    "retargeted packet",
  ]);
  const again = sealed.seal(A);
  assert.equal(sessions.issueToken(2, again, A), true);
  assert.equal(sessions.tokens, 0);
  assert.deepEqual(sessions.resetByQuery(2, CLIENT, undefined, again), { ok: true });
});

test("a refused sealed token reaches no backend, and tells why by a fixed reason", () => {
  const { clock, sealed, table: sessions, recorder, defaults } = table();
  defaults.target = A;
  const bound = sealed.seal(A, "192.0.2.7");
  sessions.onDatagram(0, GAME, CLIENT, 1000, bytes(bound));
  sessions.onDatagram(0, GAME, CLIENT, 1000, bytes("udp1.k1.x"));
  sessions.onDatagram(0, GAME, CLIENT, 1000, bytes(bound.replace("k1", "k2")));
  clock.now += 35_000;
  sessions.onDatagram(0, GAME, CLIENT, 1000, bytes(bound));
  sessions.onDatagram(0, GAME, CLIENT, 1000, reset(bound));
  assert.deepEqual(
    recorder.take().filter((line) => line !== "miss"),
    [
      "drop token_other_client client",
      "drop token_malformed client",
      "drop token_not_authentic client",
      "drop token_expired client",
      "drop token_expired client",
    ],
  );
  assert.equal(sessions.size, 0);
});

test("a single-use sealed token works for one socket, and a full table lets none through", () => {
  const rules = { singleUse: true, bindToSource: false };
  const { sealed, table: sessions, recorder } = table({ tokenRules: rules, maxTokens: 1 });
  const token = sealed.seal(A);
  sessions.onDatagram(0, GAME, CLIENT, 1000, bytes(token));
  sessions.onDatagram(0, GAME, CLIENT, 1001, bytes(token));
  sessions.onDatagram(0, GAME, CLIENT, 1000, reset(token));
  sessions.onDatagram(0, GAME, CLIENT, 1002, bytes(sealed.seal(A)));
  assert.deepEqual(recorder.take(), [
    "hit",
    `open ${CLIENT}:1000 -> ${A.key}`,
    "opened token",
    "miss",
    "drop token_used client",
    "hit",
    "miss",
    "drop token_used client",
  ]);
  sessions.onDatagram(30, GAME, CLIENT, 1003, bytes(sealed.seal(A)));
  assert.equal(recorder.take()[0], "hit");
});

test("without keys a packet that looks like a sealed token is data, as published", () => {
  const { table: sessions, recorder, defaults } = makeTable();
  defaults.target = A;
  sessions.onDatagram(0, GAME, CLIENT, 1000, bytes("udp1.k1.abc"));
  assert.equal(recorder.take().at(-1), `backend ${CLIENT}:1000 10.0.0.1:5000 udp1.k1.abc`);
});
