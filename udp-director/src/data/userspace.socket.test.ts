import assert from "node:assert/strict";
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { DirectorConnection, query } from "../client/index.ts";
import {
  echoResource,
  type TestDirector,
  testConfig,
  testDirector,
  testEcho,
} from "../testing/director.ts";

const anyEcho = { resourceType: "echo", namespace: "local" };
const within = () => ({ signal: AbortSignal.timeout(3000) });

async function plainSocket(t: TestContext): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening", within());
  t.after(() => socket.close());
  return socket;
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening", within());
  const { port } = socket.address();
  socket.close();
  await once(socket, "close", within());
  return port;
}

const nextPacket = async (socket: Socket) =>
  (await once(socket, "message", within())) as [Buffer, RemoteInfo];

async function connect(t: TestContext, director: TestDirector) {
  const { token } = await query(director.at, anyEcho);
  const connection = await DirectorConnection.open({
    ...director.at,
    dataPort: director.dataPort,
    token,
  });
  t.after(() => connection.close());
  return connection;
}

/** Reads a metric until it has the value; UDP gives no other sign. Bounded. */
async function until(director: TestDirector, series: string, value: number) {
  for (let n = 0; n < 100; n++) {
    if ((await director.metric(series)) === value) return;
  }
  assert.equal(await director.metric(series), value, series);
}

test("packets of one client arrive in order, those sent while the socket opens included", async (t) => {
  const backend = await plainSocket(t);
  const director = await testDirector(t, testConfig([echoResource("a", backend.address().port)]));
  const connection = await connect(t, director);
  const got: string[] = [];
  const all = new Promise<void>((resolve) => {
    backend.on("message", (payload) => {
      got.push(payload.toString());
      if (got.length === 50) resolve();
    });
  });
  for (let n = 0; n < 50; n++) connection.send(String(n));
  await all;
  assert.deepEqual(
    got,
    Array.from({ length: 50 }, (_, n) => String(n)),
  );
});

test("a stranger who guesses the backend socket's port is not heard", async (t) => {
  const backend = await plainSocket(t);
  const director = await testDirector(t, testConfig([echoResource("a", backend.address().port)]));
  const connection = await connect(t, director);
  connection.send("hello");
  const [, from] = await nextPacket(backend);
  const stranger = await plainSocket(t);
  stranger.send("forged", from.port, "127.0.0.1");
  backend.send("real", from.port, "127.0.0.1");
  assert.equal((await connection.receive()).toString(), "real");
  await assert.rejects(connection.receive(50));
});

test("backend packets keep a listen-only client alive", async (t) => {
  const backend = await plainSocket(t);
  const director = await testDirector(t, testConfig([echoResource("a", backend.address().port)]));
  const connection = await connect(t, director);
  connection.send("subscribe");
  const [, from] = await nextPacket(backend);
  for (let n = 0; n < 4; n++) {
    director.advance(200_000);
    backend.send(`audio ${n}`, from.port, "127.0.0.1");
    assert.equal((await connection.receive()).toString(), `audio ${n}`);
  }
});

test("after a re-target the old backend is not heard any more", async (t) => {
  const old = await plainSocket(t);
  const next = await testEcho(t, "b");
  const director = await testDirector(
    t,
    testConfig([echoResource("a", old.address().port), echoResource("b", next.port)]),
  );
  const connection = await connect(t, director);
  connection.send("hello");
  const [, from] = await nextPacket(old);
  connection.reset(
    (await query(director.at, { ...anyEcho, labelSelector: { version: "b" } })).token,
  );
  connection.send("x");
  assert.equal((await connection.receive()).toString(), "b x");
  old.send("late", from.port, "127.0.0.1");
  await assert.rejects(connection.receive(50));
});

test("a backend that is not there is counted; the session works once it is", async (t) => {
  const port = await freePort();
  const director = await testDirector(t, testConfig([echoResource("a", port)]));
  const connection = await connect(t, director);
  connection.send("lost");
  const refused = 'udp_director_errors_total{error_type="backend_refused",component="proxy"}';
  await until(director, refused, 1);
  const revived = createSocket("udp4");
  t.after(() => revived.close());
  revived.bind(port, "127.0.0.1");
  await once(revived, "listening", within());
  const arrived = nextPacket(revived);
  connection.send("found");
  assert.equal((await arrived)[0].toString(), "found");
});

test("empty and largest datagrams pass unchanged", async (t) => {
  const echo = await testEcho(t, "");
  const director = await testDirector(t, testConfig([echoResource("a", echo.port)]));
  const connection = await connect(t, director);
  for (const size of [0, 1, 1472, 9000, 60_000]) {
    const payload = Buffer.alloc(size, size % 251);
    connection.send(payload);
    assert.deepEqual(await connection.receive(), payload);
  }
});
