import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, GAME, makeTable, reset, target, tokenNumber } from "../sessions/testing.ts";
import { LookUpGate } from "./look-up-gate.ts";
import type { Found } from "./session-store.ts";

const A = target("10.0.0.1");
const B = target("10.0.0.2");
const C = "192.0.2.1";
const NONE: Found = { session: undefined, token: undefined, holder: undefined };

/** A table behind a gate whose store answers when the test says so. */
function setting(whenUnavailable: "drop" | "default" = "drop") {
  const made = makeTable({ maxSessions: 10_000 });
  const { table, recorder, defaults } = made;
  defaults.target = B;
  const store = { available: true };
  const asked: { port: number; token: string | undefined; answer: PromiseWithResolvers<Found> }[] =
    [];
  table.gate = new LookUpGate({
    store: {
      get available() {
        return store.available;
      },
      lookUp(_address, port, token) {
        const answer = Promise.withResolvers<Found>();
        asked.push({ port, token, answer });
        return answer.promise;
      },
    },
    whenUnavailable,
    found: ({ session, token }) => {
      const { target: to } = session ?? token ?? {};
      if (token && to) {
        const entry = { target: to, expiresAt: 30, source: undefined, usedBy: undefined };
        table.learnToken(0, token.token, entry);
      }
      if (session) {
        table.restore(0, {
          clientAddress: session.address,
          clientPort: session.port,
          transport: session.transport,
          rangePort: session.rangePort,
          origin: session.origin,
          token: session.token,
          createdAt: 0,
          lastActiveAt: 0,
          targetSince: 0,
          target: session.target,
        });
      }
    },
    release: (ingress, address, port, payload) =>
      table.onDatagram(0, ingress, address, port, payload),
    observer: recorder,
    lookedUp: () => undefined,
  });
  const send = (payload: Uint8Array, port = 1000) => table.onDatagram(0, GAME, C, port, payload);
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return { ...made, store, asked, send, settled };
}

const session = (port: number) => ({
  address: C,
  port,
  transport: "udp" as const,
  origin: "token" as const,
  token: undefined,
  createdAt: 0,
  activeAt: 0,
  targetSince: 0,
  target: A,
});

test("packets of an unknown client wait for one look-up and go on in order", async () => {
  const { asked, recorder, send, settled } = setting();
  for (const text of ["1", "2", "3"]) send(bytes(text));
  assert.equal(asked.length, 1);
  assert.deepEqual(recorder.take(), []);
  asked[0]?.answer.resolve({ ...NONE, session: session(1000) });
  await settled();
  const sent = ["1", "2", "3"].map((text) => `backend ${C}:1000 10.0.0.1:5000 ${text}`);
  assert.deepEqual(recorder.take(), [`open ${C}:1000 -> ${A.key}`, ...sent]);
  send(bytes("4"));
  assert.equal(asked.length, 1);
  assert.deepEqual(recorder.take(), [`backend ${C}:1000 10.0.0.1:5000 4`]);
});

test("a client that nobody knows is new, and one client does not wait for another", async () => {
  const { asked, recorder, send, settled } = setting();
  send(bytes("a"), 1000);
  send(bytes("b"), 1001);
  asked[1]?.answer.resolve(NONE);
  await settled();
  assert.equal(recorder.take().at(-1), `backend ${C}:1001 10.0.0.2:5000 b`);
  asked[0]?.answer.resolve(NONE);
  await settled();
  assert.equal(recorder.take().at(-1), `backend ${C}:1000 10.0.0.2:5000 a`);
});

test("a control packet with an unknown token is looked up while the session goes on", async () => {
  const { asked, recorder, send, settled, table } = setting();
  table.issueToken(0, tokenNumber(1), B);
  send(bytes(tokenNumber(1)));
  recorder.take();
  send(reset(tokenNumber(2)));
  send(bytes("meanwhile"));
  assert.deepEqual(recorder.take(), [`backend ${C}:1000 10.0.0.2:5000 meanwhile`]);
  const token = { token: tokenNumber(2), expiresAt: 30, target: A };
  asked[0]?.answer.resolve({ ...NONE, token: { ...token, source: undefined, usedBy: undefined } });
  await settled();
  assert.deepEqual(recorder.take().at(-1), "retargeted packet");
  send(reset(tokenNumber(3)));
  asked[1]?.answer.resolve(NONE);
  await settled();
  assert.deepEqual(recorder.take(), ["miss", "drop reset_token_invalid client"]);
});

test("a store that is away, or fails, drops unknown clients or treats them as new", async () => {
  const dropping = setting("drop");
  dropping.store.available = false;
  dropping.send(bytes("x"));
  assert.equal(dropping.asked.length, 0);
  dropping.store.available = true;
  dropping.send(bytes("x"));
  dropping.asked[0]?.answer.reject(new Error("late"));
  await dropping.settled();
  const dropped = "drop store_unavailable client";
  assert.deepEqual(dropping.recorder.take(), [dropped, dropped]);
  const open = setting("default");
  open.store.available = false;
  open.send(bytes("x"));
  assert.equal(open.recorder.take().at(-1), `backend ${C}:1000 10.0.0.2:5000 x`);
});

test("waiting is bounded per client and in all", async () => {
  const { asked, recorder, send } = setting();
  for (let n = 0; n < 33; n++) send(bytes("x"), 1);
  assert.deepEqual(recorder.take(), ["drop store_queue_full client"]);
  for (let port = 2; port <= 4096; port++) send(bytes("x"), port);
  assert.deepEqual(recorder.take(), []);
  send(bytes("x"), 5000);
  assert.deepEqual(recorder.take(), ["drop store_queue_full client"]);
  assert.equal(asked.length, 4096);
});
