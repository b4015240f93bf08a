import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { DirectorConnection, query } from "../../client/index.ts";
import type { DirectorConfigInput } from "../../config/schema.ts";
import {
  echoResource,
  type TestDirector,
  testConfig,
  testDirector,
} from "../../testing/director.ts";
import { echoAndGreeter, greeter, prelude, tcpBackend, tcpClient } from "../../testing/tcp.ts";

const wanted = (version: string) => ({
  resourceType: "echo",
  namespace: "local",
  labelSelector: { version },
});
const DATA_PORTS = [
  { port: 7777, protocol: "udp", name: "game" },
  { port: 7777, protocol: "tcp", name: "chat" },
] as const;

/** A director with a UDP and a TCP data port; clients without a token get backend b. */
async function director(
  t: TestContext,
  ports: Record<string, number>,
  input: Partial<DirectorConfigInput> = {},
) {
  const resources = Object.entries(ports).map(([name, port]) => echoResource(name, port));
  const made = await testDirector(
    t,
    testConfig(resources, {
      dataPorts: [...DATA_PORTS],
      ...(ports.b === undefined ? {} : { defaultEndpoint: wanted("b") }),
      ...input,
    }),
  );
  const { game = 0, chat = 0 } = made.dataPorts;
  const grant = async (version: string) => (await query(made.at, wanted(version))).token;
  return { director: made, game, chat, grant };
}

async function udp(t: TestContext, dataPort: number, token?: string) {
  const connection = await DirectorConnection.open({
    host: "127.0.0.1",
    dataPort,
    ...(token === undefined ? {} : { token }),
  });
  t.after(() => connection.close());
  return {
    connection,
    ask: async (text: string) => {
      connection.send(text);
      return String(await connection.receive(10_000));
    },
  };
}

const count = (made: TestDirector, name: string) => made.metric(`udp_director_${name}`);

async function until(what: string, check: () => Promise<boolean>) {
  for (const end = performance.now() + 20_000; !(await check()); ) {
    assert.ok(performance.now() < end, `never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test("a token before the data opens a session, and is not handed on", async (t) => {
  const [a, b] = [await greeter(t, "a"), await greeter(t, "b")];
  const made = await director(t, { a: a.port, b: b.port });
  const client = await tcpClient(t, made.chat);
  client.send(Buffer.concat([prelude(await made.grant("a")), Buffer.from("hello")]));
  await client.hears("a:HELLO");
  assert.equal((await a.peer(0)).heard, "hello");
  assert.equal(b.peers.length, 0);
  assert.equal(await count(made.director, 'total_sessions{session_type="token"}'), 1);
  assert.equal(await count(made.director, "tcp_connections"), 1);
  assert.equal(await count(made.director, 'bytes_received_total{source="client"}'), 5);
  assert.equal(await count(made.director, 'bytes_sent_total{destination="client"}'), 7);
  assert.equal(await count(made.director, 'packets_received_total{source="client"}'), 0);
});

test("each side's end is handed on by itself, and what comes after it still arrives", async (t) => {
  const a = await greeter(t, "a");
  const made = await director(t, { a: a.port });
  const client = await tcpClient(t, made.chat);
  client.socket.end(Buffer.concat([prelude(await made.grant("a")), Buffer.from("bye")]));
  await client.hears("a:BYE.");
  assert.equal(await client.end(), "end");
  await until("both are gone", async () => (await count(made.director, "tcp_connections")) === 0);

  const early = await tcpBackend(t, (peer) => peer.socket.end("first word, last word"));
  const other = await director(t, { a: early.port });
  const listener = await tcpClient(t, other.chat);
  listener.send(prelude(await other.grant("a")));
  assert.equal(await listener.end(), "end");
  listener.socket.end("but I am not done");
  const peer = await early.peer(0);
  await peer.hears("but I am not done");
  assert.equal(await peer.end(), "end");
});

test("a server that speaks first is heard by a client that says nothing", async (t) => {
  const b = await greeter(t, "b");
  const input = { tcp: { preludeMilliseconds: 20 } };
  const made = await director(t, { b: b.port }, input);
  const client = await tcpClient(t, made.chat);
  await client.hears("b:");
  client.send("x");
  await client.hears("b:X");
  // Part of a prelude is data once it has been waited for.
  const odd = await tcpClient(t, made.chat);
  odd.send(prelude("").subarray(0, 3));
  await (await b.peer(1)).hears("\xff\xff\xff");
  const without = await director(t, { b: b.port }, { tcp: { preludeMilliseconds: 0 } });
  const plain = await tcpClient(t, without.chat);
  plain.send(prelude("x"));
  await (await b.peer(2)).hears("\xff\xff\xff\xffRESETx\n");
});

test("UDP and TCP of one token are one session, from another address too", async (t) => {
  const a = await echoAndGreeter(t, "a");
  const made = await director(t, { a }, { listen: ["127.0.0.1", "::1"] });
  const token = await made.grant("a");
  const first = await udp(t, made.game, token);
  assert.equal(await first.ask("1"), "a 1");
  const second = await tcpClient(t, made.chat, "::1");
  second.send(prelude(token));
  await second.hears("a:");
  assert.equal(await count(made.director, "active_sessions"), 1);
  // Long after the token's life, as both belong to a session that lives.
  made.director.advance(100_000);
  const third = await tcpClient(t, made.chat);
  third.send(prelude(token));
  await third.hears("a:");
  assert.equal(await count(made.director, "active_sessions"), 1);
  assert.equal(await count(made.director, "tcp_connections_total"), 2);
});

test("a session that TCP opened gets its UDP socket from the token", async (t) => {
  const a = await echoAndGreeter(t, "a");
  const made = await director(t, { a });
  const token = await made.grant("a");
  const first = await tcpClient(t, made.chat);
  first.send(prelude(token));
  await first.hears("a:");
  const second = await udp(t, made.game, token);
  assert.equal(await second.ask("1"), "a 1");
  assert.equal(await count(made.director, "active_sessions"), 1);
  // A second UDP socket opens a second session, as published.
  assert.equal(await (await udp(t, made.game, token)).ask("2"), "a 2");
  assert.equal(await count(made.director, "active_sessions"), 2);
});

test("without a token a connection joins its address's only session, unless that is off", async (t) => {
  const [a, b] = [await echoAndGreeter(t, "a"), await greeter(t, "b")];
  const made = await director(t, { a, b: b.port });
  assert.equal(await (await udp(t, made.game, await made.grant("a"))).ask("1"), "a 1");
  const joining = await tcpClient(t, made.chat);
  joining.send("x");
  await joining.hears("a:X");
  // With two sessions behind the address it could be either's, so it is neither's.
  assert.equal(await (await udp(t, made.game, await made.grant("a"))).ask("1"), "a 1");
  const alone = await tcpClient(t, made.chat);
  alone.send("x");
  await alone.hears("b:X");

  const strict = await director(t, { a, b: b.port }, { tcp: { joinByAddress: false } });
  assert.equal(await (await udp(t, strict.game, await strict.grant("a"))).ask("1"), "a 1");
  const stranger = await tcpClient(t, strict.chat);
  stranger.send("x");
  await stranger.hears("b:X");
});

test("a session that moves cuts its connections; the client's next one reaches the new backend", async (t) => {
  const [a, b] = [await greeter(t, "a"), await greeter(t, "b")];
  const made = await director(t, { a: a.port, b: b.port }, { admin: {} });
  const token = await made.grant("a");
  const client = await tcpClient(t, made.chat);
  client.send(Buffer.concat([prelude(token), Buffer.from("x")]));
  await client.hears("a:X");
  const admin = `http://127.0.0.1:${made.director.adminPort}/v1`;
  const { sessions } = (await (await fetch(`${admin}/sessions`)).json()) as {
    sessions: { transport: string; connections: { sourcePort: number; dataPort: string }[] }[];
  };
  const [shown] = sessions;
  const served = await a.peer(0);
  assert.equal(shown?.transport, "tcp");
  assert.equal(shown?.connections[0]?.dataPort, "chat");
  const sourcePort = served.socket.remotePort;
  assert.equal(shown?.connections[0]?.sourcePort, sourcePort);
  const byPort = await fetch(`${admin}/sessions?sourcePort=${sourcePort}`);
  assert.equal(((await byPort.json()) as { sessions: object[] }).sessions.length, 1);
  const move = await fetch(`${admin}/sessions/1/retarget`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ to: { resource: "echo/local/b" } }),
  });
  assert.equal(move.status, 200);
  // A cut stream must not look complete: both sides are reset.
  assert.equal(await client.end(), "ECONNRESET");
  assert.equal(await served.end(), "ECONNRESET");
  const again = await tcpClient(t, made.chat);
  again.send(Buffer.concat([prelude(token), Buffer.from("y")]));
  await again.hears("b:Y");
  assert.equal(await count(made.director, "active_sessions"), 1);
  await fetch(`${admin}/sessions/1`, { method: "DELETE" });
  assert.equal(await again.end(), "ECONNRESET");
});

test("bytes are activity; without them the session ends, and its connection with it", async (t) => {
  const a = await greeter(t, "a");
  const made = await director(t, { a: a.port });
  const client = await tcpClient(t, made.chat);
  client.send(prelude(await made.grant("a")));
  await client.hears("a:");
  // A packet that goes nowhere makes the director look for idle sessions.
  const { connection } = await udp(t, made.game);
  const dropped = 'packets_dropped_total{reason="no_default_endpoint",source="client"}';
  const look = async (times: number) => {
    connection.send("?");
    await until("it has looked", async () => (await count(made.director, dropped)) === times);
  };
  for (const [times, letter] of ["x", "y", "z"].entries()) {
    made.director.advance(200_000);
    const before = client.heard;
    client.send(letter);
    await client.hears(before + letter.toUpperCase());
    await look(times + 1);
  }
  assert.equal(await count(made.director, "active_sessions"), 1);
  made.director.advance(300_000);
  await look(4);
  assert.equal(await client.end(), "ECONNRESET");
});

test("a backend that refuses or resets is a reset for the client, and counted", async (t) => {
  const closed = createServer().listen(0, "127.0.0.1");
  await once(closed, "listening");
  const { port: refusing } = closed.address() as { port: number };
  closed.close();
  await once(closed, "close");
  const resetting = await tcpBackend(t, ({ socket }) => {
    socket.on("data", () => socket.resetAndDestroy());
  });
  const made = await director(t, { a: refusing, b: resetting.port });
  const error = (type: string) =>
    count(made.director, `errors_total{error_type="${type}",component="proxy"}`);
  const first = await tcpClient(t, made.chat);
  first.send(prelude(await made.grant("a")));
  assert.equal(await first.end(), "ECONNRESET");
  assert.equal(await error("backend_refused"), 1);
  const second = await tcpClient(t, made.chat);
  second.send(Buffer.concat([prelude(await made.grant("b")), Buffer.from("x")]));
  assert.equal(await second.end(), "ECONNRESET");
  assert.equal(await error("backend_reset"), 1);
});

test("a backend that does not accept is given up after its time", async (t) => {
  // A process that stands still and whose queue is full answers no new connection.
  const listen = "server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, tell)";
  const script = `const server = require("node:net").createServer();
    const tell = () => console.log(server.address().port); ${listen}`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => void child.kill("SIGKILL"));
  const [line] = await once(child.stdout, "data", { signal: AbortSignal.timeout(20_000) });
  const port = Number(String(line));
  child.kill("SIGSTOP");
  const fillers = Array.from({ length: 8 }, () => connect(port, "127.0.0.1"));
  t.after(() => {
    for (const filler of fillers) filler.destroy();
  });
  let queued = 0;
  for (const filler of fillers) filler.on("connect", () => queued++);
  await until("its queue is full", async () => queued >= 2);

  const made = await director(t, { a: port }, { tcp: { connectTimeoutSeconds: 1 } });
  const client = await tcpClient(t, made.chat);
  client.send(prelude(await made.grant("a")));
  assert.equal(await client.end(), "ECONNRESET");
  const series = 'errors_total{error_type="backend_timeout",component="proxy"}';
  assert.equal(await count(made.director, series), 1);
});

test("preludes that are broken or show a wrong token are reset and counted", async (t) => {
  const b = await greeter(t, "b");
  const made = await director(t, { b: b.port });
  const refused = async (bytes: Uint8Array, reason: string) => {
    const client = await tcpClient(t, made.chat);
    client.send(bytes);
    assert.equal(await client.end(), "ECONNRESET");
    assert.equal(
      await count(made.director, `tcp_connections_refused_total{reason="${reason}"}`),
      1,
    );
  };
  await refused(prelude("no token"), "reset_malformed");
  await refused(prelude("550e8400-e29b-41d4-a716-446655440000"), "reset_token_invalid");
  const silent = await director(t, { a: b.port });
  const client = await tcpClient(t, silent.chat);
  client.send("x");
  assert.equal(await client.end(), "ECONNRESET");
  const series = 'tcp_connections_refused_total{reason="no_default_endpoint"}';
  assert.equal(await count(silent.director, series), 1);
  assert.equal(b.peers.length, 0);
});

test("who comes and goes without a byte gets no session", async (t) => {
  const b = await greeter(t, "b");
  const made = await director(t, { b: b.port }, { tcp: { preludeMilliseconds: 10_000 } });
  const probe = await tcpClient(t, made.chat);
  probe.socket.end();
  assert.equal(await probe.end(), "end");
  await until("it is gone", async () => (await count(made.director, "tcp_connections")) === 0);
  assert.equal(await count(made.director, "active_sessions"), 0);
  assert.equal(b.peers.length, 0);
});

test("connections are bounded in all and by session; a draining director opens no session", async (t) => {
  const b = await greeter(t, "b");
  const limits = { maxTcpConnections: 3, maxTcpConnectionsPerSession: 2 };
  const made = await director(t, { a: b.port, b: b.port }, { limits });
  const token = await made.grant("a");
  const refusals = (reason: string) =>
    count(made.director, `tcp_connections_refused_total{reason="${reason}"}`);
  const clients = [];
  for (let n = 0; n < 3; n++) {
    const client = await tcpClient(t, made.chat);
    client.send(prelude(token));
    clients.push(client);
    if (n < 2) await client.hears("b:");
    else assert.equal(await client.end(), "ECONNRESET");
  }
  assert.equal(await refusals("session_connections_full"), 1);
  const other = await tcpClient(t, made.chat);
  other.send(prelude(await made.grant("b")));
  await other.hears("b:");
  const late = await tcpClient(t, made.chat);
  assert.equal(await late.end(), "ECONNRESET");
  assert.equal(await refusals("connections_full"), 1);
  const spare = await made.grant("a");
  await made.director.drain();
  clients[0]?.socket.destroy();
  await until("there is room", async () => (await count(made.director, "tcp_connections")) === 2);
  const fresh = await tcpClient(t, made.chat);
  fresh.send(prelude(spare));
  assert.equal(await fresh.end(), "ECONNRESET");
  assert.equal(await refusals("draining"), 1);
  const back = await tcpClient(t, made.chat);
  back.send(prelude(token));
  await back.hears("b:");
});

test("a slow reader slows the sender down, and every byte arrives", async (t) => {
  const BYTES = 64 * 1024 * 1024;
  const block = randomBytes(1024 * 1024);
  const expected = createHash("sha256");
  for (let sent = 0; sent < BYTES; sent += block.length) expected.update(block);
  let written = 0;
  const source = await tcpBackend(t, ({ socket }) => {
    const write = () => {
      while (written < BYTES) {
        written += block.length;
        if (!socket.write(block)) return;
      }
      socket.end();
    };
    socket.on("drain", write);
    write();
  });
  const made = await director(t, { a: source.port });
  const client = await tcpClient(t, made.chat);
  client.socket.removeAllListeners("data");
  client.send(prelude(await made.grant("a")));
  client.socket.pause();
  // Until all buffers on the way are full: the kernel's of four sockets, and two of 64 KiB.
  let before = -1;
  while (before !== written) {
    before = written;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  assert.ok(written < BYTES / 2, `${written} bytes were taken in from a reader that reads none`);
  const got = createHash("sha256");
  let bytes = 0;
  client.socket.on("data", (piece: Buffer) => {
    bytes += piece.length;
    got.update(piece);
  });
  client.socket.resume();
  await client.end();
  assert.equal(bytes, BYTES);
  assert.equal(got.digest("hex"), expected.digest("hex"));
});
