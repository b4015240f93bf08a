import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { Redis } from "ioredis";
import { debianCommand } from "../../../toolchain/debian.ts";
import { query, sessionReset } from "../client/index.ts";
import type { DirectorConfigInput } from "../config/schema.ts";
import {
  echoResource,
  type TestDirector,
  testConfig,
  testDirector,
  testEcho,
} from "../testing/director.ts";
import { TestRedis } from "../testing/redis.ts";
import { echoAndGreeter, prelude, tcpClient } from "../testing/tcp.ts";

/** Directors on a real Redis, which slows down, dies and comes back. */

const found = await debianCommand({ command: "redis-server" }, () => undefined);
const skip = "missing" in found ? found.missing : false;
const file = "file" in found ? found.file : "";

const wanted = (version: string) => ({
  resourceType: "echo",
  namespace: "local",
  labelSelector: { version },
});

/** Two backends, and directors on one Redis; clients without a token would get backend b. */
async function setting(t: TestContext, input: Partial<DirectorConfigInput> = {}) {
  const redis = await TestRedis.start(t, file);
  const a = await echoAndGreeter(t, "a");
  const b = await testEcho(t, "b");
  const resources = [echoResource("a", a), echoResource("b", b.port)];
  const config = testConfig(resources, {
    defaultEndpoint: wanted("b"),
    store: { kind: "redis", activitySeconds: 1, redis: { url: redis.url } },
    ...input,
  });
  const reader = new Redis(redis.url, { retryStrategy: () => 50 });
  reader.on("error", () => undefined);
  t.after(() => reader.disconnect());
  return {
    redis,
    reader,
    director: (deps = {}) => testDirector(t, config, deps),
  };
}

/** A client that can turn to another director with the same socket, as behind a balancer. */
async function client(t: TestContext, director: TestDirector, token?: string) {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  t.after(() => socket.close());
  const send = (text: string | Uint8Array, at = director) =>
    socket.send(text, at.dataPort, "127.0.0.1");
  const receive = async () => {
    const [reply] = await once(socket, "message", { signal: AbortSignal.timeout(3000) });
    return String(reply);
  };
  const ask = (text: string, at = director) => {
    const reply = receive();
    send(text, at);
    return reply;
  };
  if (token) send(token);
  return { send, receive, ask, port: socket.address().port };
}

async function until(what: string, check: () => Promise<boolean> | boolean, ms = 15_000) {
  const end = performance.now() + ms;
  while (!(await check())) {
    assert.ok(performance.now() < end, `never came true: ${what}`);
    await wait(20);
  }
}

const metric = (director: TestDirector, name: string) => director.metric(`udp_director_${name}`);
const connected = (director: TestDirector) =>
  until("the store is there", async () => (await metric(director, "store_available")) === 1);
const written = (director: TestDirector) =>
  until("all is written", async () => (await metric(director, "store_queue_depth")) === 0);
const inRedis = (reader: Redis, count: number) =>
  until(
    `${count} sessions in Redis`,
    async () => (await reader.keys("udp-director:s:*")).length === count,
  );

test("a session opened at one director is served by another, and follows its moves", {
  skip,
}, async (t) => {
  const { reader, director } = await setting(t);
  const [one, two] = [await director(), await director()];
  const { token } = await query(one.at, wanted("a"));
  const c = await client(t, one, token);
  assert.equal(await c.ask("1"), "a 1");
  await inRedis(reader, 1);
  assert.equal(await c.ask("2", two), "a 2");
  assert.equal(await metric(two, 'store_lookups_total{result="session"}'), 1);
  assert.equal(await metric(two, 'sessions_restored_total{source="replica"}'), 1);
  assert.equal(await c.ask("3", two), "a 3");
  assert.equal(await metric(two, 'store_lookups_total{result="session"}'), 1);
  const move = await query(two.at, wanted("b"));
  c.send(Buffer.concat([Buffer.from("FFFFFFFF5245534554", "hex"), Buffer.from(move.token)]), two);
  await until(
    "the first director has followed",
    async () => (await metric(one, 'session_resets_total{cause="replica"}')) === 1,
  );
  assert.equal(await c.ask("4", one), "b 4");
  assert.equal(await c.ask("5", two), "b 5");
  const ttl = await reader.pttl(`udp-director:s:127.0.0.1 ${c.port}`);
  assert.ok(ttl > 290_000 && ttl <= 302_000, `${ttl}`);
});

test("a UUID token granted by one director is good at another, packets after it wait in order", {
  skip,
}, async (t) => {
  const { reader, director } = await setting(t);
  const [one, two] = [await director(), await director()];
  const { token } = await query(one.at, wanted("a"));
  await until(
    "the token is in Redis",
    async () => (await reader.exists(`udp-director:t:${token}`)) === 1,
  );
  const c = await client(t, two, token);
  for (const n of [1, 2, 3]) c.send(`${n}`);
  for (const n of [1, 2, 3]) assert.equal(await c.receive(), `a ${n}`);
  assert.equal(await metric(two, 'store_lookups_total{result="token"}'), 1);
  const stranger = await client(t, two);
  assert.equal(await stranger.ask("hello"), "b hello");
  assert.equal(await metric(two, 'store_lookups_total{result="nothing"}'), 1);
});

test("sessionReset at any director moves a session that another one serves", {
  skip,
}, async (t) => {
  const { redis, reader, director } = await setting(t);
  const [one, two, three] = [await director(), await director(), await director()];
  const c = await client(t, one, (await query(one.at, wanted("a"))).token);
  assert.equal(await c.ask("1"), "a 1");
  await inRedis(reader, 1);
  const { token } = await query(three.at, wanted("b"));
  await until(
    "the token is in Redis",
    async () => (await reader.exists(`udp-director:t:${token}`)) === 1,
  );
  await sessionReset(two.at, token, c.port);
  await until(
    "the first director has followed",
    async () => (await metric(one, 'session_resets_total{cause="replica"}')) === 1,
  );
  assert.equal(await c.ask("2"), "b 2");
  await assert.rejects(sessionReset(two.at, token, 1), /No session for 127\.0\.0\.1 port 1/);
  await redis.kill();
  await until("it is noticed", async () => (await metric(two, "store_available")) === 0);
  const unknown = "550e8400-e29b-41d4-a716-446655440000";
  await assert.rejects(sessionReset(two.at, unknown, c.port), /Session store cannot be asked/);
});

test("a single-use token that was used at one director is used at the others", {
  skip,
}, async (t) => {
  const { reader, director } = await setting(t, { tokens: { singleUse: true } });
  const [one, two] = [await director(), await director()];
  const { token } = await query(one.at, wanted("a"));
  const c = await client(t, one, token);
  assert.equal(await c.ask("x"), "a x");
  await until(
    "its use is in Redis",
    async () => (await reader.get(`udp-director:t:${token}`))?.includes('"u":"') ?? false,
  );
  await client(t, two, token);
  await until(
    "it was refused",
    async () =>
      (await metric(two, 'packets_dropped_total{reason="token_used",source="client"}')) === 1,
  );
});

for (const kind of ["uuid", "sealed"] as const) {
  test(`a client that comes back from another port to another director resumes (${kind})`, {
    skip,
  }, async (t) => {
    const keys = [{ id: "a", secret: "a".repeat(64) }];
    const { reader, director } = await setting(t, {
      tokens: { resume: "sameAddress", kind, keys },
    });
    // To the second director the token has long expired.
    const later = { wallNow: () => Date.now() + 60_000 };
    const [one, two] = [await director(), await director(later)];
    const { token } = await query(one.at, wanted("a"));
    const c = await client(t, one, token);
    assert.equal(await c.ask("1"), "a 1");
    await inRedis(reader, 1);
    // It does not know of its new port, and gets another session before it says who it is.
    const fresh = await client(t, two);
    assert.equal(await fresh.ask("who?"), "b who?");
    await inRedis(reader, 2);
    fresh.send(Buffer.concat([Buffer.from("FFFFFFFF5245534554", "hex"), Buffer.from(token)]));
    await until("it has resumed", async () => (await metric(two, "session_resumes_total")) === 1);
    assert.equal(await fresh.ask("2", two), "a 2");
    await until("the first director has let go", async () => {
      return (await metric(one, "active_sessions")) === 0;
    });
    await until("Redis knows it by its new socket only", async () => {
      const sessions = await reader.keys("udp-director:s:*");
      return sessions.join() === `udp-director:s:127.0.0.1 ${fresh.port}`;
    });
    await written(two);
    assert.equal(await fresh.ask("3", two), "a 3");
    assert.equal(await fresh.ask("4", one), "a 4");
  });
}

test("a TCP connection with a token joins the session that another director opened for it", {
  skip,
}, async (t) => {
  const dataPorts = [
    { port: 7777, protocol: "udp", name: "game" },
    { port: 7777, protocol: "tcp", name: "chat" },
  ] as const;
  const { reader, director } = await setting(t, { dataPorts: [...dataPorts] });
  const one = await director();
  const { token } = await query(one.at, wanted("a"));
  const c = await client(t, one, token);
  assert.equal(await c.ask("1"), "a 1");
  await inRedis(reader, 1);
  // The other one comes to the token when it has long expired.
  const two = await director({ wallNow: () => Date.now() + 60_000 });
  const stream = await tcpClient(t, two.dataPorts.chat ?? 0);
  stream.send(prelude(token));
  await stream.hears("a:");
  assert.equal(await metric(two, 'sessions_restored_total{source="replica"}'), 1);
  // Moved at one director, cut at the other.
  const move = await query(one.at, wanted("b"));
  c.send(Buffer.concat([Buffer.from("FFFFFFFF5245534554", "hex"), Buffer.from(move.token)]));
  assert.equal(await stream.end(), "ECONNRESET");
});

test("Redis dies and comes back empty: sessions go on, and are written again", {
  skip,
}, async (t) => {
  const { redis, reader, director } = await setting(t);
  const one = await director();
  const { token } = await query(one.at, wanted("a"));
  const c = await client(t, one, token);
  assert.equal(await c.ask("1"), "a 1");
  await inRedis(reader, 1);
  await redis.kill();
  await until("it is noticed", async () => (await metric(one, "store_available")) === 0);
  assert.equal(await c.ask("2"), "a 2");
  const late = await client(t, one, (await query(one.at, wanted("a"))).token);
  assert.equal(await late.ask("x"), "a x");
  assert.ok(((await metric(one, "store_queue_depth")) ?? 0) > 0);
  const stranger = await client(t, one);
  stranger.send("who am I");
  await until(
    "nobody guesses whose it is",
    async () =>
      (await metric(one, 'packets_dropped_total{reason="store_unavailable",source="client"}')) ===
      1,
  );
  await redis.start();
  await connected(one);
  await inRedis(reader, 2);
  await written(one);
  assert.equal(await c.ask("3"), "a 3");
  assert.equal(await stranger.ask("again"), "b again");
  assert.equal(await metric(one, 'store_errors_total{error_type="connection"}'), 1);
  assert.ok(one.lines.includes("the store cannot be reached; sessions go on, trying again"));
  const two = await director();
  assert.equal(await c.ask("4", two), "a 4");
});

test("Redis stands still: no packet of a session waits, and it is used again when it goes on", {
  skip,
}, async (t) => {
  const { redis, reader, director } = await setting(t);
  const one = await director();
  const c = await client(t, one, (await query(one.at, wanted("a"))).token);
  assert.equal(await c.ask("1"), "a 1");
  await inRedis(reader, 1);
  redis.signal("SIGSTOP");
  const times: number[] = [];
  for (let n = 0; n < 200; n++) {
    const start = performance.now();
    await c.ask(`${n}`);
    times.push(performance.now() - start);
  }
  times.sort((x, y) => x - y);
  assert.ok((times[198] ?? 0) < 100, `p99 ${times[198]} ms`);
  const late = await client(t, one, (await query(one.at, wanted("a"))).token);
  assert.equal(await late.ask("x"), "a x");
  await until("it is noticed", async () => (await metric(one, "store_available")) === 0);
  redis.signal("SIGCONT");
  await connected(one);
  await inRedis(reader, 2);
  await written(one);
});

test("a director that starts without Redis serves, and is ready and writes all when it is there", {
  skip,
}, async (t) => {
  const { redis, reader, director } = await setting(t);
  await redis.kill();
  const one = await director();
  // It would drop what a director that leaves hands over to it.
  assert.deepEqual(one.notReady(), ["store"]);
  const c = await client(t, one, (await query(one.at, wanted("a"))).token);
  assert.equal(await c.ask("1"), "a 1");
  await redis.start();
  await inRedis(reader, 1);
  await one.whenReady;
  await redis.kill();
  await until("it is noticed", async () => (await metric(one, "store_available")) === 0);
  assert.deepEqual(one.notReady(), []);
});

test("a director that gives unknown clients the default endpoint does not wait for Redis", {
  skip,
}, async (t) => {
  const { director } = await setting(t, {
    store: {
      kind: "redis",
      // Nobody listens on this port.
      redis: { url: "redis://127.0.0.1:1/0", unknownClients: "default" },
    },
  });
  const one = await director();
  await one.whenReady;
  assert.deepEqual(one.notReady(), []);
});
