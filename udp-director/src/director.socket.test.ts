import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { DirectorConnection, DirectorRefusal, query, sessionReset } from "./client/index.ts";
import type { DirectorConfigInput } from "./config/schema.ts";
import { eventually } from "./testing/cluster.ts";
import {
  echoResource,
  type TestDirector,
  testConfig,
  testDirector,
  testEcho,
} from "./testing/director.ts";

const echoQuery = (version: string) => ({
  resourceType: "echo",
  namespace: "local",
  labelSelector: { version },
});
const defaultEndpoint = {
  resourceType: "echo",
  namespace: "local",
  labelSelector: { version: "a" },
};

async function open(t: TestContext, director: TestDirector, token?: string, dataPort?: number) {
  const connection = await DirectorConnection.open({
    host: director.at.host,
    dataPort: dataPort ?? director.dataPort,
    ...(token ? { token } : {}),
  });
  t.after(() => connection.close());
  return connection;
}

/** Sends until a reply comes, as any UDP client must; returns the reply. */
async function ask(connection: DirectorConnection, text: string): Promise<string> {
  connection.send(text);
  return (await connection.receive()).toString();
}

/** Two labelled backends and a director over them. */
async function pair(t: TestContext, input: Partial<DirectorConfigInput> = {}) {
  const a = await testEcho(t, "a");
  const b = await testEcho(t, "b");
  const resources = [echoResource("a", a.port), echoResource("b", b.port)];
  const director = await testDirector(t, testConfig(resources, input));
  return { a, b, director };
}

test("query, token, session, echo, re-target: the whole path", async (t) => {
  const { a, b, director } = await pair(t);
  const grant = await query(director.at, echoQuery("a"));
  assert.deepEqual(grant.directorPorts, { default: director.dataPort });
  assert.equal(grant.ttlSeconds, 30);
  const connection = await open(t, director, grant.token);
  assert.equal(await ask(connection, "one"), "a one");

  connection.reset((await query(director.at, echoQuery("b"))).token);
  assert.equal(await ask(connection, "two"), "b two");

  const back = await query(director.at, echoQuery("a"));
  const again = await sessionReset(director.at, back.token);
  assert.equal(again.token, back.token);
  assert.equal(await ask(connection, "three"), "a three");
  assert.equal(a.packets, 2);
  assert.equal(b.packets, 1);
});

test("clients on one address keep their own backends and replies", async (t) => {
  const { director } = await pair(t);
  const tokens = {
    a: (await query(director.at, echoQuery("a"))).token,
    b: (await query(director.at, echoQuery("b"))).token,
  };
  const labels = ["a", "b", "a", "b", "a", "b"] as const;
  const clients = await Promise.all(labels.map((label) => open(t, director, tokens[label])));
  for (let round = 0; round < 20; round++) {
    const replies = await Promise.all(clients.map((client, n) => ask(client, `${n} ${round}`)));
    assert.deepEqual(
      replies,
      labels.map((label, n) => `${label} ${n} ${round}`),
    );
  }
});

test("sessionReset asks for the port when the address has several sessions", async (t) => {
  const { director } = await pair(t);
  const { token } = await query(director.at, echoQuery("a"));
  const toB = (await query(director.at, echoQuery("b"))).token;
  await assert.rejects(
    sessionReset(director.at, toB),
    new DirectorRefusal("No session for 127.0.0.1"),
  );
  const first = await open(t, director, token);
  const second = await open(t, director, token);
  assert.equal(await ask(first, "x"), "a x");
  assert.equal(await ask(second, "x"), "a x");
  await assert.rejects(
    sessionReset(director.at, toB),
    new DirectorRefusal("127.0.0.1 has 2 sessions: name one with clientPort"),
  );
  await sessionReset(director.at, toB, second.localPort);
  assert.equal(await ask(first, "y"), "a y");
  assert.equal(await ask(second, "y"), "b y");
  await assert.rejects(
    sessionReset(director.at, "550e8400-e29b-41d4-a716-446655440000"),
    new DirectorRefusal("Invalid or expired token"),
  );
});

test("without a token the default endpoint serves, its first packet included", async (t) => {
  const { director } = await pair(t, { defaultEndpoint });
  assert.equal(await ask(await open(t, director), "hello"), "a hello");
  assert.equal(await director.metric("udp_director_default_endpoint_available"), 1);
});

test("without a token and a default endpoint packets are dropped and counted", async (t) => {
  const { director } = await pair(t);
  const connection = await open(t, director);
  connection.send("hello");
  await assert.rejects(connection.receive(50));
  const series = 'udp_director_packets_dropped_total{reason="no_default_endpoint",source="client"}';
  assert.equal(await director.metric(series), 1);
});

test("tokens and sessions expire on the director's clock", async (t) => {
  // Native threads forward until the table looks for silent sessions, once a second.
  const { director } = await pair(t, { defaultEndpoint, native: { enabled: false } });
  const grant = await query(director.at, echoQuery("b"));
  const connection = await open(t, director, grant.token);
  assert.equal(await ask(connection, "one"), "b one");
  director.advance(299_000);
  assert.equal(await ask(connection, "two"), "b two");
  director.advance(300_000);
  assert.equal(await ask(connection, "three"), "a three");
  const late = await open(t, director, grant.token);
  assert.equal((await late.receive()).toString(), `a ${grant.token}`);
});

test("several data ports share one session; replies come from the port they belong to", async (t) => {
  const game = await testEcho(t, "game");
  const voice = await testEcho(t, "voice");
  const config = testConfig(
    [{ ...echoResource("a", game.port), ports: { g: game.port, v: voice.port } }],
    {
      dataPorts: [
        { port: 7777, protocol: "udp", name: "game" },
        { port: 7778, protocol: "udp", name: "voice" },
      ],
      resourceQueryMapping: {
        echo: {
          group: "",
          version: "v1",
          resource: "pods",
          addressPath: "status.podIP",
          ports: [
            { name: "game", portName: "g" },
            { name: "voice", portName: "v" },
          ],
        },
      },
    },
  );
  const director = await testDirector(t, config);
  const grant = await query(director.at, echoQuery("a"));
  assert.equal(grant.address, "127.0.0.1");
  assert.deepEqual(grant.ports, { game: game.port, voice: voice.port });
  assert.deepEqual(grant.directorPorts, director.dataPorts);

  const socket = createSocket("udp4");
  t.after(() => socket.close());
  const say = async (text: string, port: number | undefined) => {
    socket.send(text, port, "127.0.0.1");
    const [reply, from] = await once(socket, "message", { signal: AbortSignal.timeout(2000) });
    return [String(reply), from.port];
  };
  socket.send(grant.token, director.dataPorts.voice, "127.0.0.1");
  // Two ports are two sockets: nothing says which of them is read first.
  await eventually("a session", () => director.metric("udp_director_active_sessions"), 1);
  assert.deepEqual(await say("1", director.dataPorts.game), ["game 1", director.dataPorts.game]);
  assert.deepEqual(await say("2", director.dataPorts.voice), ["voice 2", director.dataPorts.voice]);
  assert.equal(await director.metric("udp_director_active_sessions"), 1);
});

test("IPv6 clients reach IPv4 and IPv6 backends", async (t) => {
  const four = await testEcho(t, "four");
  const six = await testEcho(t, "six", "::1");
  const resources = [echoResource("a", four.port), echoResource("b", six.port, "::1")];
  const director = await testDirector(t, testConfig(resources, { listen: ["::1", "127.0.0.1"] }));
  for (const [version, label] of [
    ["a", "four"],
    ["b", "six"],
  ] as const) {
    const { token } = await query(director.at, echoQuery(version));
    assert.equal(await ask(await open(t, director, token), "x"), `${label} x`);
  }
  const { token } = await query({ ...director.at, host: "127.0.0.1" }, echoQuery("b"));
  const connection = await DirectorConnection.open({
    host: "127.0.0.1",
    dataPort: director.dataPort,
    token,
  });
  t.after(() => connection.close());
  assert.equal(await ask(connection, "x"), "six x");
});

test("a full session table turns new clients away and says so", async (t) => {
  const { director } = await pair(t, { limits: { maxSessions: 1 } });
  const { token } = await query(director.at, echoQuery("a"));
  assert.equal(await ask(await open(t, director, token), "x"), "a x");
  const second = await open(t, director, token);
  second.send("x");
  await assert.rejects(second.receive(50));
  const series = 'udp_director_packets_dropped_total{reason="sessions_full",source="client"}';
  assert.equal(await director.metric(series), 2);
});

test("a full token table is a clear refusal", async (t) => {
  const { director } = await pair(t, { limits: { maxTokens: 1 } });
  await query(director.at, echoQuery("a"));
  await assert.rejects(
    query(director.at, echoQuery("a")),
    new DirectorRefusal("Too many outstanding tokens"),
  );
});

test("least sessions spreads queries over backends", async (t) => {
  const { director } = await pair(t, { loadBalancing: { type: "leastSessions" } });
  const seen: string[] = [];
  for (let n = 0; n < 4; n++) {
    const { token } = await query(director.at, { resourceType: "echo", namespace: "local" });
    seen.push(await ask(await open(t, director, token), "x"));
  }
  assert.deepEqual(seen.sort(), ["a x", "a x", "b x", "b x"]);
});

test("a taken port is one line that names port, protocol and setting", async (t) => {
  const { director } = await pair(t);
  const taken = (patch: object) => testConfig([echoResource("a", 1)], {}, () => patch);
  const { queryPort, metricsPort, dataPort } = director;
  await assert.rejects(testDirector(t, taken({ queryPort })), {
    name: "BindError",
    message: `cannot bind TCP port ${queryPort} on 127.0.0.1: another process has it; stop that process or change queryPort`,
  });
  await assert.rejects(testDirector(t, taken({ metricsPort })), {
    message: `cannot bind TCP port ${metricsPort} on 127.0.0.1: another process has it; stop that process or change metricsPort`,
  });
  const dataPorts = [{ port: dataPort, protocol: "udp", name: "default" }];
  await assert.rejects(testDirector(t, taken({ dataPorts })), {
    message: `cannot bind UDP port ${dataPort} on 127.0.0.1: another process has it; stop that process or change the data port "default"`,
  });
});

test("readiness goes first, then the sockets", async (t) => {
  const { director } = await pair(t);
  const url = `http://127.0.0.1:${director.metricsPort}`;
  assert.equal((await fetch(`${url}/readyz`)).status, 200);
  director.unready("shutdown");
  const response = await fetch(`${url}/readyz`);
  assert.equal(response.status, 503);
  assert.deepEqual(await response.json(), { status: "not ready", waitingFor: ["shutdown"] });
  assert.equal((await fetch(`${url}/livez`)).status, 200);
  await director.close();
  await assert.rejects(query(director.at, echoQuery("a")), /nobody listens/);
});

test("metricsListen keeps metrics off the addresses of clients", async (t) => {
  const a = await testEcho(t, "a");
  const config = testConfig([echoResource("a", a.port)], { metricsListen: ["::1"] });
  const director = await testDirector(t, config);
  await query(director.at, echoQuery("a"));
  assert.equal((await fetch(`http://[::1]:${director.metricsPort}/livez`)).status, 200);
  await assert.rejects(fetch(`http://127.0.0.1:${director.metricsPort}/livez`));
});
