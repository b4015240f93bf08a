import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { DirectorConnection, query } from "../../client/index.ts";
import type { DirectorConfigInput } from "../../config/schema.ts";
import { encodeControlPacket } from "../../protocol/control-packet.ts";
import {
  echoResource,
  type TestDirector,
  testConfig,
  testDirector,
  testEcho,
} from "../../testing/director.ts";
import { loadAddon, PLAIN, readTotals, SHARE } from "./addon.ts";
import { nativeAddonFile } from "./build.ts";

const reason = await nativeAddonFile().then(
  () => false as const,
  (error: Error) => error.message,
);
const native = { skip: reason };
const any = { resourceType: "echo", namespace: "local" };
const MAGIC = Buffer.from("FFFFFFFF5245534554", "hex");
const SIZES = 'udp_director_packet_size_bytes_count{direction="inbound"}';
const UP_TO_256 = 'udp_director_packet_size_bytes_bucket{le="256",direction="inbound"}';
const RECEIVED = 'udp_director_packets_received_total{source="client"}';
const OFFLOADED = 'udp_director_packets_offloaded_total{destination="server"}';
const FLOWS = "udp_director_native_flows";

/** A director with two backends, and a client of `a` whose session is established. */
async function scene(t: TestContext, input: Partial<DirectorConfigInput> = {}) {
  const [a, b] = [await testEcho(t, "a"), await testEcho(t, "b")];
  const resources = [echoResource("a", a.port), echoResource("b", b.port)];
  const director = await testDirector(t, testConfig(resources, input));
  const { at, dataPort } = director;
  const token = async (version: string) =>
    (await query(at, { ...any, labelSelector: { version } })).token;
  const client = await DirectorConnection.open({ ...at, dataPort, token: await token("a") });
  t.after(() => client.close());
  return { director, client, token };
}

/** Sends one packet after the other; holds that each comes back. */
async function talk(client: DirectorConnection, count: number, label = "a") {
  for (let n = 0; n < count; n++) {
    client.send(`x${n}`);
    assert.equal(String(await client.receive()), `${label} x${n}`);
  }
}

const count = async (director: TestDirector, series: string) =>
  (await director.metric(series)) ?? 0;

/** Packets of clients that have come to JavaScript. */
const handedUp = async (director: TestDirector) =>
  (await count(director, RECEIVED)) - (await count(director, OFFLOADED));

test(
  "no packet of an established session comes to JavaScript, and all are counted",
  native,
  async (t) => {
    const { director, client } = await scene(t);
    assert.equal(await director.metric("udp_director_native_path"), 1);
    await talk(client, 20);
    assert.equal(await director.metric(FLOWS), 1);
    const [seen, counted] = [await handedUp(director), await count(director, RECEIVED)];
    const sized = await count(director, SIZES);
    await talk(client, 500);
    client.send(Buffer.alloc(300));
    await client.receive();
    assert.equal(await handedUp(director), seen);
    assert.equal((await count(director, RECEIVED)) - counted, 501);
    assert.equal((await count(director, SIZES)) - sized, 501);
    const small = await count(director, UP_TO_256);
    assert.equal((await count(director, SIZES)) - small, 1, "one is larger than 256 bytes");
  },
);

test(
  "packets behind a control packet go where it leads, none before and none after",
  native,
  async (t) => {
    const { client, token } = await scene(t);
    await talk(client, 20);
    for (const [from, to] of [
      ["a", "b"],
      ["b", "a"],
    ] as const) {
      const move = encodeControlPacket(MAGIC, await token(to));
      for (let n = 0; n < 50; n++) client.send(`before${n}`);
      client.send(move);
      for (let n = 0; n < 50; n++) client.send(`after${n}`);
      const got: string[] = [];
      // Answers of the backend that was left are late: they may be dropped, as ever.
      while (got.filter((one) => one.includes("after")).length < 50) {
        got.push(String(await client.receive()));
      }
      for (const one of got) assert.ok(one.startsWith(one.includes("before") ? from : to), one);
      const after = got.filter((one) => one.includes("after"));
      assert.deepEqual(
        after,
        Array.from({ length: 50 }, (_, n) => `${to} after${n}`),
      );
    }
  },
);

test("a token that moves nothing leaves its session's packets in order", native, async (t) => {
  const { director, client } = await scene(t);
  await talk(client, 20);
  for (let n = 0; n < 200; n++) {
    client.send(n % 20 === 10 ? encodeControlPacket(MAGIC, crypto.randomUUID()) : `x${n}`);
  }
  for (let n = 0; n < 200; n++) {
    if (n % 20 !== 10) assert.equal(String(await client.receive()), `a x${n}`);
  }
  await talk(client, 20);
  const seen = await handedUp(director);
  await talk(client, 100);
  assert.equal(await handedUp(director), seen, "and it is forwarded natively again");
});

test(
  "a limited source's packets are counted one by one, from a reload on as well",
  native,
  async (t) => {
    const limit = { packetsPerSecond: 1000, packetBurst: 60, exempt: [] };
    const { director, client } = await scene(t, { protection: limit });
    await talk(client, 20);
    assert.equal(await director.metric(FLOWS), 0);
    const other = await scene(t);
    await talk(other.client, 20);
    assert.equal(await other.director.metric(FLOWS), 1);
    const config = testConfig([echoResource("a", 1)], { protection: limit });
    await other.director.reload(async () => config);
    assert.equal(await other.director.metric(FLOWS), 0);
    for (let n = 0; n < 200; n++) other.client.send(`x${n}`);
    await wait(20);
    const dropped = 'udp_director_packets_dropped_total{reason="packet_rate",source="client"}';
    assert.ok((await count(other.director, dropped)) > 0);
  },
);

test(
  "a session of two workers' clients, and of many, keeps each client's packets apart",
  native,
  async (t) => {
    const { director } = await scene(t, { native: { workers: 3 } });
    const { at, dataPort } = director;
    const clients = await Promise.all(
      Array.from({ length: 40 }, async () => {
        const { token } = await query(at, { ...any, labelSelector: { version: "b" } });
        const client = await DirectorConnection.open({ ...at, dataPort, token });
        t.after(() => client.close());
        return client;
      }),
    );
    for (let round = 0; round < 10; round++) {
      clients.forEach((client, n) => {
        client.send(`${n} ${round}`);
      });
      for (const [n, client] of clients.entries()) {
        assert.equal(String(await client.receive()), `b ${n} ${round}`);
      }
    }
    assert.equal(await director.metric(FLOWS), 40);
    // A worker that is shared takes nobody else in.
    const taken = createSocket("udp4");
    taken.bind({ port: dataPort, address: at.host, exclusive: true });
    const [error] = await once(taken, "error");
    assert.equal(error.code, "EADDRINUSE");
  },
);

test("where it cannot be built sockets of node:dgram forward, and one line says why", async (t) => {
  const cache = await mkdtemp(path.join(tmpdir(), "director-cache-"));
  t.after(() => rm(cache, { recursive: true, force: true }));
  const echo = await testEcho(t, "a");
  const told: { reason?: string; message: string }[] = [];
  const log = {
    info: () => undefined,
    warn: (fields: object, message: string) => void told.push({ ...fields, message }),
  };
  const environment = { XDG_CACHE_HOME: cache, PATH: cache };
  const director = await testDirector(t, testConfig([echoResource("a", echo.port)]), {
    environment,
    log,
  });
  assert.equal(told.length, 1);
  assert.match(told[0]?.message ?? "", /native data path cannot be used.*node:dgram/);
  assert.match(told[0]?.reason ?? "", /no C compiler/);
  assert.equal(await director.metric("udp_director_native_path"), 0);
  const { token } = await query(director.at, any);
  const client = await DirectorConnection.open({
    ...director.at,
    dataPort: director.dataPort,
    token,
  });
  t.after(() => client.close());
  await talk(client, 3);
});

async function bound(t: TestContext): Promise<Socket> {
  const socket = createSocket("udp4");
  t.after(() => socket.close());
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket;
}

test(
  "a client that always has packets in flight goes direct all the same, behind a control packet never",
  native,
  async (t) => {
    const addon = loadAddon(await nativeAddonFile());
    const engine = addon.start(1, MAGIC, 1 << 20, () => undefined);
    t.after(() => addon.stop(engine));
    const [client, backend] = [await bound(t), await bound(t)];
    const listener = addon.listen(engine, 0, "127.0.0.1", 0, SHARE.not);
    const place = addon.listenerPlace(engine, listener);
    assert.ok(typeof place === "object");
    const flow = addon.connect(engine, listener, "127.0.0.1", backend.address().port, 1);
    addon.receive(engine, listener);
    const records = Buffer.alloc(256 * 1024);
    // Nobody says that these are dealt with.
    const send = async (payload: string | Uint8Array) => {
      client.send(payload, place[1], "127.0.0.1");
      const before = readTotals(addon, engine).toBackendPackets;
      for (const end = performance.now() + 5000; performance.now() < end; await wait(1)) {
        if (addon.drain(engine, 0, records) > 0) return "up";
        if (readTotals(addon, engine).toBackendPackets > before) return "direct";
      }
      return "lost";
    };
    assert.equal(await send("first"), "up");
    addon.direct(engine, flow, listener, "127.0.0.1", client.address().port);
    let waited = 0;
    while ((await send("data")) === "up") waited++;
    // The worker may receive one packet before it reads the command.
    assert.ok(waited === 128 || waited === 129, `${waited} packets went up`);
    assert.equal(await send("data"), "direct");
    assert.equal(await send(encodeControlPacket(MAGIC, crypto.randomUUID())), "up");
    for (let n = 0; n < 150; n++) assert.equal(await send("behind"), "up");
    addon.handled(engine, 0);
    assert.equal(await send("data"), "direct");
  },
);

test("a batch of packets takes one system call to receive and one to send", native, async (t) => {
  const addon = loadAddon(await nativeAddonFile());
  let handedUp = 0;
  const engine = addon.start(1, MAGIC, 1 << 20, () => void handedUp++);
  t.after(() => addon.stop(engine));
  const [client, backend] = [await bound(t), await bound(t)];
  const listener = addon.listen(engine, 0, "127.0.0.1", 0, SHARE.not | PLAIN);
  const place = addon.listenerPlace(engine, listener);
  assert.ok(typeof place === "object");
  const flow = addon.connect(engine, listener, "127.0.0.1", backend.address().port, 1);
  // They wait in the socket, so that how fast anybody is does not matter.
  const packets = 64;
  for (let n = 0; n < packets; n++) {
    await new Promise((resolve) => client.send(`x${n}`, place[1], "127.0.0.1", resolve));
  }
  const answers: string[] = [];
  const all = new Promise<void>((resolve) => {
    backend.on("message", (payload) => {
      answers.push(String(payload));
      if (answers.length === packets) resolve();
    });
  });
  const before = readTotals(addon, engine);
  // A worker that wakes up to both has been told of the flow first.
  assert.ok(addon.direct(engine, flow, listener, "127.0.0.1", client.address().port) >= 0);
  assert.equal(addon.receive(engine, listener), 0);
  await all;
  const after = readTotals(addon, engine);
  assert.equal(after.receiveCalls - before.receiveCalls, 1);
  assert.equal(after.sendCalls - before.sendCalls, 1);
  assert.equal(after.toBackendPackets - before.toBackendPackets, packets);
  assert.equal(handedUp, 0);
  assert.deepEqual(
    answers,
    Array.from({ length: packets }, (_, n) => `x${n}`),
  );
  // One at a time costs three calls each way at most, however busy the machine is.
  client.on("message", () => undefined);
  backend.removeAllListeners("message");
  backend.on("message", (payload, from) => backend.send(payload, from.port, from.address));
  const single = 100;
  const start = readTotals(addon, engine);
  for (let n = 0; n < single; n++) {
    const back = once(client, "message");
    client.send(`y${n}`, place[1], "127.0.0.1");
    await back;
  }
  const end = readTotals(addon, engine);
  assert.equal(end.toClientPackets - start.toClientPackets, single);
  const calls = (["waitCalls", "receiveCalls", "sendCalls"] as const).reduce(
    (sum, name) => sum + end[name] - start[name],
    0,
  );
  assert.ok(calls <= 6 * single, `${calls} system calls for ${single} packets there and back`);
});
