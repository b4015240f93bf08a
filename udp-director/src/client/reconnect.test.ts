import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DEFAULT_RULES, Reconnect, type ReconnectRules, waitMs } from "./reconnect.ts";

const RULES: ReconnectRules = {
  silenceMs: 1000,
  firstWaitMs: 100,
  longestWaitMs: 1000,
  attempts: 3,
};

test("waits are anywhere below a bound that doubles up to the longest", () => {
  const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(fc.nat({ max: 2000 }), fraction, (failures, random) => {
      const ms = waitMs(RULES, failures, random);
      assert.ok(ms >= 0 && ms <= Math.min(1000, 100 * 2 ** failures), `${failures}: ${ms}`);
    }),
  );
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5, 99].map((failures) => waitMs(RULES, failures, 1)),
    [100, 200, 400, 800, 1000, 1000, 1000],
  );
  const spread = Array.from({ length: 10 }, (_, n) => waitMs(DEFAULT_RULES, 0, n / 10));
  assert.equal(new Set(spread).size, 10);
});

test("silence counts from the first packet without an answer", () => {
  const watch = new Reconnect(RULES, 0);
  assert.equal(watch.nextAt, undefined);
  watch.sent(100);
  watch.sent(900);
  assert.equal(watch.nextAt, 1100);
  watch.received();
  assert.equal(watch.nextAt, undefined);
  watch.sent(2000);
  assert.equal(watch.due(2999, 0.5), undefined);
  assert.equal(watch.due(3000, 0.5), undefined);
  assert.equal(watch.state, "waiting");
  assert.equal(watch.nextAt, 3050);
  assert.equal(watch.due(3050, 0.5), "query");
  watch.granted(3060);
  assert.equal(watch.state, "up");
});

test("a late packet of the backend ends the trouble", () => {
  const watch = new Reconnect(RULES, 0);
  watch.sent(0);
  watch.due(1000, 0.9);
  watch.received();
  assert.equal(watch.state, "up");
  assert.equal(watch.nextAt, undefined);
});

test("after a failure a new token is asked for, although the default endpoint answers", () => {
  const watch = new Reconnect(RULES, 0);
  watch.failed(0, 1);
  watch.sent(10);
  watch.received();
  assert.equal(watch.state, "waiting");
  assert.equal(watch.due(100, 1), "query");
  watch.received();
  watch.failed(200, 1);
  watch.received();
  assert.equal(watch.due(300, 1), "query");
  watch.granted(300);
  assert.equal(watch.state, "up");
});

test("tries without a packet of the backend are counted, and at their end it is given up", () => {
  const watch = new Reconnect(RULES, 0);
  let now = 0;
  const waits: number[] = [];
  for (let n = 0; n < 3; n++) {
    watch.sent(now);
    now += 1000;
    watch.due(now, 1);
    waits.push((watch.nextAt ?? 0) - now);
    now = watch.nextAt ?? now;
    assert.equal(watch.due(now, 1), "query");
    // Granted, but the backend stays silent: no reason to begin with short waits again.
    watch.granted(now);
  }
  assert.deepEqual(waits, [100, 200, 400]);
  watch.sent(now);
  assert.equal(watch.due(now + 1000, 1), "give-up");
  assert.equal(watch.state, "given-up");
  watch.sent(now + 1000);
  watch.received();
  watch.failed(now + 2000, 1);
  assert.equal(watch.due(now + 99_999, 1), undefined);
  assert.equal(watch.nextAt, undefined);
});

test("a token is sent three times before its acknowledgement is missed", () => {
  const watch = new Reconnect({ ...RULES, acknowledgeMs: 50 }, 0);
  assert.equal(watch.state, "confirming");
  assert.equal(watch.due(49, 1), undefined);
  assert.equal(watch.due(50, 1), "token");
  assert.equal(watch.due(100, 1), "token");
  assert.equal(watch.due(150, 1), undefined);
  assert.equal(watch.state, "waiting");
  assert.equal(watch.due(250, 1), "query");
  watch.granted(250);
  watch.acknowledged();
  assert.equal(watch.state, "up");
  assert.equal(watch.due(9999, 1), undefined);
});

test("keepalives come when nothing else was sent, and expect no answer", () => {
  const watch = new Reconnect({ ...RULES, keepaliveMs: 300 }, 0);
  watch.sent(100);
  watch.received();
  assert.equal(watch.nextAt, 400);
  assert.equal(watch.due(400, 1), "keepalive");
  assert.equal(watch.nextAt, 700);
  for (let now = 700; now < 20_000; now += 300) assert.equal(watch.due(now, 1), "keepalive");
});

test("without a time of silence only failures are trouble", () => {
  const watch = new Reconnect({ ...RULES, silenceMs: undefined }, 0);
  watch.sent(0);
  assert.equal(watch.nextAt, undefined);
  watch.failed(5, 0);
  assert.equal(watch.due(5, 0), "query");
});

test("whatever happens: one query at a time, bounded tries, and no moment without a next step", () => {
  const event = fc.record({
    after: fc.nat({ max: 3000 }),
    kind: fc.constantFrom("send", "receive", "ack", "look", "look", "ok", "fail"),
    random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  });
  const rules = { ...RULES, acknowledgeMs: 50, keepaliveMs: 700 };
  fc.assert(
    fc.property(fc.array(event, { maxLength: 80 }), (events) => {
      const watch = new Reconnect(rules, 0);
      let now = 0;
      let asking = false;
      let tries = 0;
      for (const { after, kind, random } of events) {
        now += after;
        if (kind === "send") watch.sent(now);
        if (kind === "receive") {
          watch.received();
          tries = 0;
        }
        if (kind === "ack") watch.acknowledged();
        if (kind === "ok" && asking) watch.granted(now);
        if (kind === "fail" && (asking || watch.state === "up")) watch.failed(now, random);
        if (kind === "ok" || kind === "fail") asking = false;
        const due = kind === "look" ? watch.due(now, random) : undefined;
        if (due === "query") {
          assert.equal(asking, false);
          asking = true;
          tries++;
        }
        assert.ok(tries <= rules.attempts, `${tries} tries`);
        assert.equal(watch.state === "asking", asking);
        const idle = watch.state === "asking" || watch.state === "given-up";
        assert.equal(watch.nextAt === undefined, idle, watch.state);
        assert.ok((watch.nextAt ?? now) <= now + 3000);
      }
    }),
    { numRuns: 500 },
  );
});
