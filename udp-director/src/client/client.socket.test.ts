import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { echoResource, testConfig, testDirector, testEcho } from "../testing/director.ts";
import { DirectorConnection, DirectorRefusal, DirectorUnreachable, query } from "./index.ts";

const wanted = { resourceType: "echo", namespace: "local" };

/** A TCP server that does with each connection what the test says. */
async function tcp(t: TestContext, serve: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    serve(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = server.address() as { port: number };
  return { host: "127.0.0.1", queryPort: port };
}

const unreachable = (message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof DirectorUnreachable, String(error));
  assert.match(error.message, message);
  return true;
};

test("an answer of a published director is enough", async (t) => {
  const at = await tcp(t, (socket) => {
    socket.once("data", () => socket.end('{"token":"550e8400-e29b-41d4-a716-446655440000"}'));
  });
  const grant = await query(at, wanted);
  assert.equal(grant.token, "550e8400-e29b-41d4-a716-446655440000");
  assert.equal(grant.ttlSeconds, undefined);
});

test("an error answer is a refusal with its text", async (t) => {
  const at = await tcp(t, (socket) => socket.once("data", () => socket.end('{"error":"no"}')));
  await assert.rejects(query(at, wanted), new DirectorRefusal("no"));
});

test("silence, an early close, an endless and a foreign answer are told apart", async (t) => {
  const silent = await tcp(t, (socket) => socket.resume());
  await assert.rejects(
    query({ ...silent, timeoutMs: 30 }, wanted),
    unreachable(/^no answer from 127\.0\.0\.1:\d+ in 30 ms$/),
  );
  const closing = await tcp(t, (socket) => socket.once("data", () => socket.end()));
  await assert.rejects(query(closing, wanted), unreachable(/closed without an answer/));
  const endless = await tcp(t, (socket) =>
    socket.once("data", () => socket.write("x".repeat(70_000))),
  );
  await assert.rejects(query(endless, wanted), unreachable(/answers endlessly/));
  const web = await tcp(t, (socket) =>
    socket.once("data", () => socket.end("HTTP/1.1 400\r\n\r\n")),
  );
  await assert.rejects(query(web, wanted), /is this the director's query port\?/);
});

test("a query can be cancelled, before and while it waits", async (t) => {
  const silent = await tcp(t, (socket) => socket.resume());
  const late = new AbortController();
  const waiting = query({ ...silent, signal: late.signal }, wanted);
  late.abort();
  await assert.rejects(waiting, unreachable(/was cancelled$/));
  await assert.rejects(
    query({ ...silent, signal: AbortSignal.abort() }, wanted),
    unreachable(/was cancelled$/),
  );
});

test("packets that nobody waited for are kept; waiting ends at its time", async (t) => {
  const echo = await testEcho(t, "a");
  const connection = await DirectorConnection.open({ host: "127.0.0.1", dataPort: echo.port });
  t.after(() => connection.close());
  connection.send("1");
  connection.send("2");
  assert.equal((await connection.receive()).toString(), "a 1");
  assert.equal((await connection.receive()).toString(), "a 2");
  await assert.rejects(connection.receive(20), unreachable(/^no packet from UDP .* in 20 ms$/));
  assert.ok(connection.localPort > 0);
});

test("a data port where nobody listens is told with the reason", async () => {
  const connection = await DirectorConnection.open({ host: "127.0.0.1", dataPort: 1 });
  connection.send("x");
  await assert.rejects(connection.receive(50), unreachable(/ECONNREFUSED/));
  connection.close();
});

test("magic bytes of its own move a session", async (t) => {
  const a = await testEcho(t, "a");
  const b = await testEcho(t, "b");
  const resources = [echoResource("a", a.port), echoResource("b", b.port)];
  const magicHex = "00C0FFEE00";
  const director = await testDirector(
    t,
    testConfig(resources, { controlPacketMagicBytes: magicHex }),
  );
  const grant = await query(director.at, { ...wanted, labelSelector: { version: "a" } });
  const connection = await DirectorConnection.open({
    host: "127.0.0.1",
    dataPort: director.dataPort,
    token: grant.token,
    magicHex,
  });
  t.after(() => connection.close());
  connection.reset(
    (await query(director.at, { ...wanted, labelSelector: { version: "b" } })).token,
  );
  connection.send("x");
  assert.equal((await connection.receive()).toString(), "b x");
});
