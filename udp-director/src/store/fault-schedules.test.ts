import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { BackendTarget } from "../sessions/target.ts";
import { bytes, GAME, makeTable, reset, target, tokenNumber } from "../sessions/testing.ts";
import { encodeLine, JournalReader } from "./journal-format.ts";
import type { SessionRecord, StoreChange } from "./records.ts";
import type { Peers } from "./redis-store.ts";
import type { Found } from "./session-store.ts";
import { share } from "./share.ts";
import { StateRecorder } from "./state-recorder.ts";

/**
 * Random schedules of faults on the real core and recorder over plain models of the stores: no
 * packet reaches a backend that its client does not have, and no session is lost that the store
 * had been given. 1,000 schedules, half of them on a journal, half on a Redis.
 */

const TIMEOUT = 300;
const ACTIVITY = 10;
const BACKENDS = [1, 2, 3].map((n) => target(`10.0.0.${n}`));
const CLIENTS = [1000, 1001, 1002, 1003];
const C = "192.0.2.1";

/** Everything the clocks and effects of one director process need. */
function boot(wall: { now: number }, write: (change: StoreChange) => void) {
  const start = wall.now;
  const now = () => 77 + wall.now - start;
  const recorder = new StateRecorder({
    store: { write },
    now,
    wallNow: () => wall.now,
    activityMs: ACTIVITY,
  });
  const made = makeTable({ maxSessions: 100, maxTokens: 10_000, keeper: recorder });
  recorder.table = made.table;
  let tokens = 0;
  return {
    now,
    state: recorder,
    table: made.table,
    take: () => made.recorder.take(),
    /** A fresh token to `to`: first packet or control packet. */
    go(port: number, to: BackendTarget, serial: number) {
      const token = tokenNumber(serial * 1000 + ++tokens);
      made.table.issueToken(now(), token, to);
      const live = made.table.sessionOf(C, port) !== undefined;
      made.table.onDatagram(now(), GAME, C, port, live ? reset(token) : bytes(token));
    },
    send: (port: number, text: string) => made.table.onDatagram(now(), GAME, C, port, bytes(text)),
    moveAll(from: BackendTarget, to: BackendTarget) {
      for (const session of [...made.table.sessions()]) {
        if (session.target.key === from.key) made.table.move(now(), session.id, to, "gone");
      }
    },
    note() {
      while (made.table && recorder.checkpoint());
    },
  };
}

const client = fc.constantFrom(...CLIENTS);
const backend = fc.constantFrom(...BACKENDS);
const common = [
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant("go" as const), port: client, to: backend }),
  },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("send" as const), port: client }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("wait" as const),
      by: fc.integer({ min: 1, max: 120 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("storm" as const), to: backend }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("death" as const), from: backend, to: backend }),
  },
];
const word = <const K extends string>(kind: K, weight: number) => ({
  weight,
  arbitrary: fc.constant({ kind }),
});

/** What a client has, and when it was last active. */
interface Held {
  to: BackendTarget;
  active: number;
}

const copy = (from: ReadonlyMap<number, Held>) =>
  new Map([...from].map(([port, held]) => [port, { ...held }]));

/** The last effect must be this packet at this backend. */
function arrived(effects: readonly string[], port: number, to: BackendTarget, text: string) {
  assert.equal(effects.at(-1), `backend ${C}:${port} ${to.address}:5000 ${text}`);
}

const journalEvent = fc.oneof(
  ...common,
  word("flush", 4),
  word("kill", 2),
  word("torn", 1),
  word("disk", 1),
);

test("500 schedules on a journal: kills, torn ends, a failing disk, dead backends, storms", () => {
  let kills = 0;
  let survived = 0;
  fc.assert(
    fc.property(fc.array(journalEvent, { minLength: 10, maxLength: 80, size: "max" }), (events) => {
      const wall = { now: 1_000_000 };
      let file = "";
      let pending = "";
      let diskWorks = true;
      const start = () =>
        boot(wall, (change) => {
          pending += encodeLine(change);
        });
      let director = start();
      let held = new Map<number, Held>();
      let promised = new Map<number, Held>();
      const flush = () => {
        director.note();
        if (!diskWorks) return;
        file += pending;
        pending = "";
        promised = copy(held);
      };
      const drop = () => {
        for (const [port, { active }] of held) if (wall.now >= active + TIMEOUT) held.delete(port);
      };
      for (const [serial, event] of events.entries()) {
        if (event.kind === "wait") {
          // The director notes activity and looks for idle sessions as time goes.
          for (let left = event.by; left > 0; left -= ACTIVITY) {
            wall.now += Math.min(left, ACTIVITY);
            director.table.tick(director.now());
            flush();
          }
        } else if (event.kind === "flush") flush();
        else if (event.kind === "disk") diskWorks = !diskWorks;
        else if (event.kind === "kill" || event.kind === "torn") {
          kills++;
          if (event.kind === "torn") file += pending.slice(0, Math.max(0, pending.indexOf("\n")));
          const reader = new JournalReader();
          reader.push(Buffer.from(file));
          const found = reader.end();
          director = start();
          director.state.restore(found);
          // A rewrite follows a restart, and is the first that is written to a disk that works.
          file = [...director.state.snapshot()].map(encodeLine).join("");
          pending = "";
          held = copy(promised);
          for (const [port, one] of held) {
            const session = director.table.sessionOf(C, port);
            // Idle at most one note longer, and never shorter.
            if (wall.now < one.active + TIMEOUT) assert.ok(session, `${port} is lost`);
            if (session === undefined) held.delete(port);
            else {
              assert.equal(session.target.key, one.to.key, `${port} is on a wrong backend`);
              one.active = session.lastActiveAt - director.now() + wall.now;
              survived++;
            }
          }
          assert.equal(director.table.size, held.size);
          promised = copy(held);
        } else if (event.kind === "go") {
          director.go(event.port, event.to, serial);
          held.set(event.port, { to: event.to, active: wall.now });
        } else if (event.kind === "storm") {
          for (const port of CLIENTS) {
            director.go(port, event.to, serial);
            held.set(port, { to: event.to, active: wall.now });
          }
        } else if (event.kind === "death") {
          director.moveAll(event.from, event.to);
          for (const one of held.values()) if (one.to === event.from) one.to = event.to;
        } else {
          director.take();
          director.send(event.port, `${serial}`);
          const one = held.get(event.port);
          const effects = director.take();
          if (one) {
            one.active = wall.now;
            arrived(effects, event.port, one.to, `${serial}`);
          } else assert.equal(effects.at(-1), "drop no_default_endpoint client");
        }
        drop();
        assert.equal(director.table.size, held.size);
      }
    }),
    { numRuns: 500 },
  );
  assert.ok(kills > 500 && survived > 500, `${kills} kills, ${survived} sessions came back`);
});

/** Redis as src/store/redis-store.ts uses it: the later target wins, and everybody is told. */
class RedisModel {
  up = true;
  readonly sessions = new Map<string, SessionRecord>();
  readonly members = new Set<{ peers: Peers }>();

  apply(from: object, change: StoreChange): void {
    if (change.kind !== "session" && change.kind !== "active") return;
    const key = `${change.record.address} ${change.record.port}`;
    const old = this.sessions.get(key);
    if (old && old.targetSince > change.record.targetSince) {
      (from as { peers: Peers }).peers.session(old);
      return;
    }
    this.sessions.set(key, change.record);
    if (change.kind === "active") return;
    for (const member of this.members) if (member !== from) member.peers.session(change.record);
  }
}

/** A director whose writes wait while Redis is away, one change for each session. */
function member(redis: RedisModel, wall: { now: number }) {
  const pending = new Map<string, StoreChange>();
  const director = boot(wall, (change) => {
    if (change.kind !== "session" && change.kind !== "active") return;
    const key = `${change.record.address} ${change.record.port}`;
    const news = pending.get(key)?.kind === "session";
    pending.set(key, news ? { kind: "session", record: change.record } : change);
  });
  const nothing = () => undefined;
  const store = {
    get available() {
      return redis.up;
    },
    lookUp: async (address: string, port: number | undefined): Promise<Found> => {
      if (!redis.up) throw new Error("away");
      return {
        session: redis.sessions.get(`${address} ${port}`),
        token: undefined,
        holder: undefined,
      };
    },
  };
  const { peers } = share({
    table: director.table,
    recorder: director.state,
    store,
    now: director.now,
    observer: { packetDropped: nothing },
    metrics: { error: nothing, lookedUp: nothing, restored: nothing },
    whenUnavailable: "drop",
    resume: "off",
  });
  const self = { ...director, peers };
  redis.members.add(self);
  const flush = () => {
    if (!redis.up) return;
    const changes = [...pending.values()];
    pending.clear();
    for (const change of changes) redis.apply(self, change);
  };
  return Object.assign(self, {
    flush,
    rewrite() {
      for (const change of director.state.snapshot()) {
        if (change.kind === "session") redis.apply(self, { ...change, kind: "active" });
      }
      flush();
    },
  });
}

const redisEvent = fc.oneof(
  ...common,
  word("switch", 6),
  word("kill", 2),
  word("lose", 2),
  word("back", 3),
);

test("500 schedules on a Redis: clients change directors, directors die, Redis is lost", async () => {
  let adopted = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(redisEvent, { minLength: 10, maxLength: 80, size: "max" }),
      async (events) => {
        const wall = { now: 1_000_000 };
        const redis = new RedisModel();
        const directors = [member(redis, wall), member(redis, wall)];
        const held = new Map<number, BackendTarget>();
        let current = 0;
        const here = () => directors[current] as ReturnType<typeof member>;
        const settle = async () => {
          for (const one of directors) one.flush();
          await new Promise((resolve) => setImmediate(resolve));
        };
        for (const [serial, event] of events.entries()) {
          wall.now += 1;
          // Redis' keys outlive idle sessions by more than these schedules last.
          if (event.kind === "wait") for (const one of directors) one.note();
          else if (event.kind === "switch") {
            // While Redis is away another director knows only what it had heard.
            if (redis.up) current = 1 - current;
          } else if (event.kind === "kill") {
            // What Redis was given survives; while it is away nothing was promised.
            if (redis.up) {
              redis.members.delete(here());
              directors[current] = member(redis, wall);
            }
          } else if (event.kind === "lose") {
            redis.up = false;
            redis.sessions.clear();
            // Nobody has what only Redis had.
            for (const port of [...held.keys()]) {
              if (!directors.some((one) => one.table.sessionOf(C, port))) held.delete(port);
            }
          } else if (event.kind === "back" && !redis.up) {
            redis.up = true;
            for (const one of directors) one.rewrite();
          } else if (event.kind === "go") {
            here().go(event.port, event.to, serial);
            held.set(event.port, event.to);
          } else if (event.kind === "storm") {
            for (const port of CLIENTS) {
              here().go(port, event.to, serial);
              held.set(port, event.to);
            }
          } else if (event.kind === "death") {
            // Each director sees it and moves the sessions that it knows.
            for (const one of directors) one.moveAll(event.from, event.to);
          } else if (event.kind === "send") {
            const one = here();
            const known = one.table.sessionOf(C, event.port);
            one.take();
            one.send(event.port, `${serial}`);
            await settle();
            const effects = one.take();
            const to = one.table.sessionOf(C, event.port)?.target;
            if (to) arrived(effects, event.port, to, `${serial}`);
            if (to && !known) adopted++;
            // A session is known wherever its client sends, as long as Redis could be asked.
            if (held.has(event.port) && redis.up) assert.ok(to, `${event.port} is lost`);
          }
          await settle();
          if (!redis.up) continue;
          for (const [port] of held) {
            const targets = directors.flatMap(
              (one) => one.table.sessionOf(C, port)?.target.key ?? [],
            );
            const kept = redis.sessions.get(`${C} ${port}`)?.target.key;
            assert.ok(targets.length === 0 || kept !== undefined, `${port} is not in Redis`);
            assert.ok(
              targets.every((key) => key === kept),
              `directors differ about ${port}`,
            );
          }
        }
      },
    ),
    { numRuns: 500 },
  );
  assert.ok(adopted > 200, `${adopted} sessions changed their director`);
});
