import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SessionTable } from "../sessions/session-table.ts";
import { bytes, GAME, MAGIC, Recorder, reset, target, tokenNumber } from "../sessions/testing.ts";
import { BanList } from "./ban-list.ts";
import { Protection, type ProtectionRules } from "./protection.ts";
import { queryRefusal } from "./query-allow.ts";
import { RateLimit } from "./rate-limit.ts";
import { inNetworks, isNetwork, sourceOf } from "./source.ts";

test("an IPv4 address is a source, of IPv6 a /64 is, however it is written", () => {
  assert.equal(sourceOf("192.0.2.1"), "192.0.2.1");
  for (const address of ["2001:db8:0:1::1", "2001:DB8:0:1:ffff::", "2001:db8:0:1:2:3:4:5%eth0"]) {
    assert.equal(sourceOf(address), "2001:db8:0:1::/64");
  }
  assert.equal(sourceOf("::1"), "0:0:0:0::/64");
  assert.equal(sourceOf("::ffff:192.0.2.1"), "0:0:0:0::/64");
  assert.equal(sourceOf("no:address"), "no:address");
});

test("a network of IPv4 holds the addresses that it has bit by bit", () => {
  const bits = (address: string) =>
    address
      .split(".")
      .map((octet) => Number(octet).toString(2).padStart(8, "0"))
      .join("");
  const prefix = fc.integer({ min: 0, max: 32 });
  fc.assert(
    fc.property(fc.ipV4(), prefix, fc.ipV4(), prefix, (base, length, other, shared) => {
      // The first bits of the network, so that addresses within it occur.
      const text = bits(base).slice(0, shared) + bits(other).slice(shared);
      const octets = text.match(/.{8}/g) ?? [];
      const address = octets.map((octet) => Number.parseInt(octet, 2)).join(".");
      const expected = bits(base).slice(0, length) === text.slice(0, length);
      assert.equal(inNetworks([`${base}/${length}`])(address), expected);
    }),
  );
  const all = inNetworks(["0.0.0.0/0"]);
  for (const none of ["", "1.2.3", "1.2.3.4.5", "256.1.1.1", "a.b.c.d"]) {
    assert.equal(all(none), false, none);
  }
});

test("networks hold the addresses that begin with their bits", () => {
  const inside = inNetworks(["10.0.0.0/9", "2001:db8::/33", "192.0.2.7"]);
  for (const address of ["10.127.255.255", "2001:db8:7fff::1", "192.0.2.7"]) {
    assert.equal(inside(address), true, address);
  }
  for (const address of ["10.128.0.0", "2001:db8:8000::", "192.0.2.6", "::1", "junk"]) {
    assert.equal(inside(address), false, address);
  }
  assert.equal(inNetworks(["0.0.0.0/0"])("8.8.8.8"), true);
  assert.equal(inNetworks([])("8.8.8.8"), false);
  for (const text of ["10.0.0.0/33", "10.0.0/8", "::1/129", "a", "10.0.0.0/", "1.2.3.4/-1", ""]) {
    assert.equal(isNetwork(text), false, text);
  }
});

const PER_SECOND = 10;
const BURST = 3;
const MAX = 4;
const visits = fc.array(fc.record({ wait: fc.nat({ max: 250 }), source: fc.nat({ max: 6 }) }), {
  maxLength: 200,
});

test("a rate limit is the plain model's, in whole tokens of a tenth of a second", () => {
  fc.assert(
    fc.property(visits, (events) => {
      const limit = new RateLimit(PER_SECOND, BURST, MAX);
      // Sources in order of arrival, with thousandths of tokens, all filled at every step.
      let model: { source: number; milli: number }[] = [];
      let now = 0;
      for (const { wait, source } of events) {
        now += wait;
        for (const one of model) {
          one.milli = Math.min(BURST * 1000, one.milli + wait * PER_SECOND);
        }
        let entry = model.find((one) => one.source === source);
        if (entry === undefined) {
          if (model.length === MAX) model = model.slice(1);
          entry = { source, milli: BURST * 1000 };
          model.push(entry);
        }
        // Within a rounding error of the limit both answers are right.
        const near = Math.abs(entry.milli - 1000) < 1;
        const allowed = limit.take(now, String(source));
        if (!near) assert.equal(allowed, entry.milli >= 1000);
        if (allowed) entry.milli -= 1000;
        assert.ok(limit.sources <= MAX);
      }
    }),
  );
});

test("a flood of sources pushes out who came first, not who is quiet", () => {
  const limit = new RateLimit(1, 1, 2);
  assert.equal(limit.take(0, "loud"), true);
  assert.equal(limit.take(1, "quiet"), true);
  for (let n = 0; n < 10; n++) assert.equal(limit.take(2, "loud"), false);
  assert.equal(limit.take(3, "third"), true);
  assert.equal(limit.take(4, "quiet"), false);
  assert.equal(limit.take(5, "loud"), true);
});

const failures = fc.array(
  fc.record({
    wait: fc.nat({ max: 8 }),
    source: fc.constantFrom("a", "b", "c"),
    lift: fc.boolean(),
  }),
  { maxLength: 120 },
);

test("bans are the plain model's: N failures within T of the first one, for B", () => {
  fc.assert(
    fc.property(failures, (events) => {
      const bans = new BanList({ failures: 3, windowMs: 10, banMs: 20, maxSources: 10 });
      const windows = new Map<string, number[]>();
      const until = new Map<string, number>();
      let now = 0;
      for (const { wait, source, lift } of events) {
        now += wait;
        const banned = now < (until.get(source) ?? 0);
        assert.equal(bans.has(now, source), banned);
        if (lift && banned) {
          assert.equal(bans.lift(now, source), true);
          until.delete(source);
          continue;
        }
        let led = false;
        if (!banned) {
          const window = windows.get(source) ?? [];
          const current = now < (window[0] ?? -10) + 10 ? [...window, now] : [now];
          led = current.length === 3;
          windows.set(source, led ? [] : current);
          if (led) until.set(source, now + 20);
        }
        assert.equal(bans.fail(now, source), led);
        const expected = [...until].filter(([, end]) => now < end).map(([name]) => name);
        assert.deepEqual(
          bans
            .list(now)
            .map((ban) => ban.source)
            .sort(),
          expected.sort(),
        );
      }
    }),
  );
});

test("failures and bans are bounded: the oldest is forgotten", () => {
  const bans = new BanList({ failures: 2, windowMs: 100, banMs: 100, maxSources: 2 });
  for (const source of ["a", "b", "c"]) bans.fail(0, source);
  assert.equal(bans.fail(1, "a"), false);
  assert.equal(bans.fail(1, "c"), true);
  for (const source of ["d", "e"]) {
    bans.fail(2, source);
    bans.fail(2, source);
  }
  assert.deepEqual(
    bans.list(3).map((ban) => ban.source),
    ["d", "e"],
  );
});

const rules: ProtectionRules = {
  exempt: ["198.51.100.0/24"],
  maxSources: 100,
  packetsPerSecond: 0,
  packetBurst: 1,
  newSessionsPerSecond: 0,
  newSessionBurst: 1,
  tokenFailures: { count: 2, windowSeconds: 10, banSeconds: 60 },
};

/** A table with a guard. */
function guarded(changed: Partial<ProtectionRules>) {
  const recorder = new Recorder();
  const banned: string[] = [];
  const guard = new Protection({ ...rules, ...changed }, (source) => void banned.push(source));
  const table = new SessionTable<number>(
    { magic: MAGIC, sessionTimeoutMs: 300_000, maxSessions: 100, tokenTtlMs: 1e6, maxTokens: 9 },
    recorder,
    recorder,
    { choose: () => target("10.0.0.9") },
    guard,
  );
  const send = (now: number, address: string, port: number, payload: Uint8Array) => {
    table.onDatagram(now, GAME, address, port, payload);
    return recorder.take().filter((line) => line.startsWith("drop ") || /^backend/.test(line));
  };
  return { guard, table, recorder, banned, send };
}

test("a source over its packet rate is dropped, others and exempt ones are not", () => {
  const { send } = guarded({ packetsPerSecond: 1, packetBurst: 2 });
  const x = bytes("x");
  for (const [address, at] of [
    ["192.0.2.1", 0],
    ["2001:db8::1", 1000],
  ] as const) {
    send(at, address, 1, x);
    send(at, address, 2, x);
    assert.deepEqual(send(at, address, 1, x), ["drop packet_rate client"]);
    assert.match(String(send(at + 1000, address, 1, x)), /^backend/);
  }
  assert.deepEqual(send(2000, "2001:db8::2", 1, x), ["drop packet_rate client"]);
  assert.match(String(send(0, "192.0.2.2", 1, x)), /^backend/);
  for (let n = 0; n < 9; n++) assert.match(String(send(0, "198.51.100.1", 1, x)), /^backend/);
});

test("a source that opens too many sessions keeps those it has", () => {
  const { send, table } = guarded({ newSessionsPerSecond: 1, newSessionBurst: 2 });
  const x = bytes("x");
  send(0, "192.0.2.1", 1, x);
  send(0, "192.0.2.1", 2, x);
  table.issueToken(0, tokenNumber(1), target("10.0.0.1"));
  assert.deepEqual(send(0, "192.0.2.1", 3, x), ["drop session_rate client"]);
  assert.deepEqual(send(0, "192.0.2.1", 3, bytes(tokenNumber(1))), ["drop session_rate client"]);
  assert.match(String(send(0, "192.0.2.1", 1, x)), /^backend/);
  assert.equal(table.size, 2);
});

test("wrong tokens ban a source: no tokens, moves or sessions of it, but live ones go on", () => {
  const { send, table, guard, banned } = guarded({});
  const live = bytes("live");
  send(0, "192.0.2.1", 1, live);
  assert.deepEqual(send(0, "192.0.2.1", 1, reset(tokenNumber(1))), [
    "drop reset_token_invalid client",
  ]);
  send(0, "192.0.2.1", 2, bytes(tokenNumber(2)));
  assert.deepEqual(banned, ["192.0.2.1"]);
  table.issueToken(0, tokenNumber(3), target("10.0.0.1"));
  assert.deepEqual(send(1, "192.0.2.1", 3, bytes(tokenNumber(3))), ["drop banned client"]);
  assert.deepEqual(send(1, "192.0.2.1", 1, reset(tokenNumber(3))), ["drop banned client"]);
  assert.deepEqual(send(1, "192.0.2.1", 4, live), ["drop banned client"]);
  assert.match(String(send(1, "192.0.2.1", 1, live)), /^backend .* live$/);
  assert.deepEqual(guard.bans(1), [{ source: "192.0.2.1", since: 0, until: 60_000 }]);
  assert.equal(guard.lift(1, "192.0.2.1"), true);
  assert.equal(guard.lift(1, "192.0.2.1"), false);
  assert.match(String(send(1, "192.0.2.1", 4, live)), /^backend/);
});

test("a ban ends by itself, spares exempt sources and covers a whole /64", () => {
  const { send, guard } = guarded({});
  for (const n of [1, 2]) send(0, "2001:db8::1", n, bytes(tokenNumber(n)));
  assert.deepEqual(send(1, "2001:db8::ffff", 9, bytes("x")), ["drop banned client"]);
  assert.match(String(send(60_000, "2001:db8::ffff", 9, bytes("x"))), /^backend/);
  for (const n of [1, 2, 3]) send(0, "198.51.100.9", n, bytes(tokenNumber(n)));
  assert.deepEqual(guard.bans(60_000), []);
  for (const n of [3, 4]) send(60_000, "2001:db8::1", n, bytes(tokenNumber(n)));
  assert.equal(guard.lift(60_000, "2001:db8:0:0::/64"), true);
});

test("queries that are not allowed look like ones for things that do not exist", () => {
  const allowed = [{ namespace: "games", resourceTypes: ["gameserver"] }, { namespace: "open" }];
  const ask = (resourceType: string, namespace: string) =>
    queryRefusal(allowed, { resourceType, namespace });
  assert.equal(ask("gameserver", "games"), undefined);
  assert.equal(ask("pod", "open"), undefined);
  assert.equal(ask("gameserver", "secret"), "No matching resources found");
  assert.equal(ask("pod", "games"), "No matching resources found");
  assert.equal(queryRefusal(undefined, { resourceType: "a", namespace: "b" }), undefined);
  assert.equal(
    queryRefusal([{ namespace: "games", resourceTypes: ["gameserver"] }], {
      resourceType: "pod",
      namespace: "games",
    }),
    "Unknown resource type: pod",
  );
});

test("other rules: bans and buckets of the same rates stay, changed rates begin anew", () => {
  const { guard } = guarded({ packetsPerSecond: 1, packetBurst: 1, newSessionsPerSecond: 1 });
  const changed = { ...rules, packetsPerSecond: 1, packetBurst: 2, newSessionsPerSecond: 1 };
  const address = "192.0.2.1";
  assert.deepEqual([guard.admits(0, address), guard.admits(0, address)], [true, false]);
  assert.deepEqual([guard.mayOpen(0, address), guard.mayOpen(0, address)], [true, false]);
  for (let n = 0; n < 2; n++) guard.tokenFailed(0, address);
  guard.apply({ ...changed, tokenFailures: { count: 1, windowSeconds: 1, banSeconds: 5 } });
  assert.deepEqual([guard.admits(0, address), guard.admits(0, address)], [true, true]);
  assert.equal(guard.mayOpen(0, address), false);
  assert.equal(guard.banned(59_999, address), true);
  guard.tokenFailed(0, "192.0.2.2");
  assert.equal(guard.banned(4999, "192.0.2.2"), true);
  assert.equal(guard.banned(5000, "192.0.2.2"), false);
  assert.deepEqual(
    guard.bans(5000).map(({ source }) => source),
    [address],
  );
  guard.apply({
    ...changed,
    exempt: ["192.0.2.0/24"],
    tokenFailures: { ...rules.tokenFailures, count: 0 },
  });
  assert.equal(guard.mayOpen(0, address), true);
  assert.equal(guard.banned(5000, address), true);
});

test("who follows bans hears of each, and of those that end before their time", () => {
  const heard: string[] = [];
  const rules: ProtectionRules = {
    ...{ exempt: [], maxSources: 2, packetsPerSecond: 0, packetBurst: 1 },
    ...{ newSessionsPerSecond: 0, newSessionBurst: 1 },
    tokenFailures: { count: 1, windowSeconds: 10, banSeconds: 10 },
  };
  const protection = new Protection(
    rules,
    (source) => heard.push(`ban ${source}`),
    (source) => heard.push(`unban ${source}`),
  );
  for (const last of [1, 2, 3]) protection.tokenFailed(0, `192.0.2.${last}`);
  assert.deepEqual(heard.splice(0), [
    "ban 192.0.2.1",
    "ban 192.0.2.2",
    "unban 192.0.2.1",
    "ban 192.0.2.3",
  ]);
  assert.equal(protection.lift(0, "192.0.2.2"), true);
  assert.equal(protection.lift(0, "192.0.2.2"), false);
  assert.equal(protection.lift(10_000, "192.0.2.3"), false, "it has ended by itself");
  assert.deepEqual(heard, ["unban 192.0.2.2"]);
});
