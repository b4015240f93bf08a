import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { type TestContext, test } from "node:test";
import { networkProbe } from "../directory/probes.ts";
import { type DirectoryConfigInput, directoryConfigSchema } from "../directory/schema.ts";
import { startDirectory } from "../directory/server.ts";
import { EndpointDirectory, NoEndpoint } from "./index.ts";

const udpPort = (port: number) => [{ name: "game", port, protocol: "UDP" as const }];

/** A UDP port that answers after a while, or not at all. */
async function answering(t: TestContext, afterMs: number | undefined, address = "127.0.0.1") {
  const socket = createSocket("udp4");
  socket.on("message", (payload, from) => {
    if (afterMs === undefined) return;
    setTimeout(() => socket.send(payload, from.port, from.address), afterMs).unref();
  });
  socket.bind(0, address);
  await once(socket, "listening");
  t.after(() => socket.close());
  return socket.address().port;
}

async function directory(t: TestContext, input: DirectoryConfigInput) {
  const config = { ...directoryConfigSchema.parse({ listen: ["127.0.0.1"], ...input }), port: 0 };
  const started = await startDirectory(config, {
    probe: networkProbe,
    log: { info: () => undefined, warn: () => undefined },
    now: () => performance.now(),
  });
  t.after(() => started.close());
  return new EndpointDirectory({ url: `http://127.0.0.1:${started.port}` });
}

const none = (message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof NoEndpoint, String(error));
  assert.match(error.message, message);
  return true;
};

test("the nearest is the one that answers soonest, not the first nor the one that is closest by name", async (t) => {
  const near = await answering(t, 0);
  const far = await answering(t, 60);
  const farther = await answering(t, 150);
  const client = await directory(t, {
    endpoints: [
      { name: "farther", addresses: ["127.0.0.1"], ports: udpPort(farther), region: "eu" },
      { name: "near", hostname: "localhost", ports: udpPort(near), region: "us" },
      { name: "far", addresses: ["127.0.0.1"], ports: udpPort(far), region: "eu" },
    ],
  });
  const ranked = await client.ranked();
  assert.deepEqual(
    ranked.map(({ endpoint }) => endpoint.name),
    ["near", "far", "farther"],
  );
  const [, second] = ranked;
  assert.ok(second && second.roundTripMs >= 59 && second.roundTripMs < 150, String(second));
  assert.equal((await client.nearest()).address, "127.0.0.1");
  assert.equal((await client.nearest({ region: "eu" })).endpoint.name, "far");
});

test("unhealthy and silent ones are passed over, and so are those without the labels or the port", async (t) => {
  const silent = await answering(t, undefined);
  const alive = await answering(t, 0);
  const slow = await answering(t, 40);
  const tcp = createTcpServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
  await once(tcp, "listening");
  t.after(() => tcp.close());
  const { port } = tcp.address() as { port: number };
  const at = { addresses: ["127.0.0.1"] };
  const client = await directory(t, {
    endpoints: [
      // Its health check fails, though the port itself would answer.
      { name: "ill", ...at, ports: udpPort(alive), health: { tcp: { port: 1 } } },
      { name: "silent", ...at, ports: udpPort(silent) },
      { name: "slow", ...at, ports: udpPort(slow), labels: { tier: "1" } },
      {
        name: "director",
        ...at,
        ports: [...udpPort(silent), { name: "query", port, protocol: "TCP" }],
        health: { tcp: { port } },
      },
    ],
  });
  const rules = { samples: 1, timeoutMs: 300 };
  const names = async (options: object) =>
    (await client.ranked({ ...rules, ...options })).map(({ endpoint }) => endpoint.name);
  assert.deepEqual(await names({}), ["director", "slow"]);
  assert.deepEqual(await names({ labels: { tier: "1" } }), ["slow"]);
  assert.deepEqual(await names({ port: "query" }), ["director"]);
  assert.deepEqual(await names({ port: "game" }), ["slow"]);
  await assert.rejects(client.nearest({ ...rules, port: "other" }), none(/wanted and healthy/));
});

/** An HTTP server that notes what it is asked, and answers what the test says. */
async function scripted(t: TestContext, headers: Record<string, string>) {
  const state = { status: 200, body: '{"endpoints":[]}', seen: [] as (string | undefined)[] };
  const server = createServer((request, response) => {
    state.seen.push(request.headers["if-none-match"]);
    const status = request.headers["if-none-match"] === '"1"' ? 304 : state.status;
    response.writeHead(status, { etag: '"1"', ...headers });
    response.end(status === 304 ? undefined : state.body);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  return { state, server, client: new EndpointDirectory({ url: `http://127.0.0.1:${port}/` }) };
}

test("the list is kept as long as it may be, asked for again with its tag, and outlives the directory", async (t) => {
  const kept = await scripted(t, { "cache-control": "public, max-age=60" });
  await kept.client.endpoints();
  await kept.client.endpoints();
  assert.deepEqual(kept.state.seen, [undefined]);
  const short = await scripted(t, { "cache-control": "public, max-age=0" });
  await short.client.endpoints();
  assert.deepEqual(await short.client.endpoints(), []);
  assert.deepEqual(short.state.seen, [undefined, '"1"']);
  short.server.close();
  short.server.closeAllConnections();
  assert.deepEqual(await short.client.endpoints(), []);
});

test("what is no list is told as such", async (t) => {
  const { state, client } = await scripted(t, {});
  for (const [status, body, message] of [
    [401, '{"error":"no"}', /status 401: \{"error":"no"\}/],
    [200, "<html>", /no endpoints from http.*JSON/],
    [200, '{"endpoints":[{"name":1}]}', /no endpoints from http/],
    [200, `{"endpoints":[],"x":"${"x".repeat(1_100_000)}"}`, /more than 1048576 bytes/],
  ] as const) {
    Object.assign(state, { status, body });
    await assert.rejects(client.endpoints(), none(message));
  }
});
