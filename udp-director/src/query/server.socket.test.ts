import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { exchange } from "../client/index.ts";
import { QueryServer, type QueryServerOptions } from "./server.ts";

const text = (body: Uint8Array) => new TextDecoder().decode(body);

/** A server that answers with what it was asked and by whom. */
async function start(t: TestContext, options: Partial<QueryServerOptions> = {}) {
  const outcomes: string[] = [];
  const server = new QueryServer({
    answer: (body, peer) => ({ ok: true, text: JSON.stringify({ asked: text(body), peer }) }),
    answered: (ok) => void outcomes.push(ok ? "ok" : "error"),
    refused: (why) => void outcomes.push(why),
    turnsAway: () => false,
    sourceOf: (peer) => peer,
    maxConnectionsPerSource: 10,
    maxConnections: 10,
    timeoutMs: 2000,
    now: () => performance.now(),
    note: () => undefined,
    ...options,
  });
  t.after(() => server.close());
  const queryPort = await server.listen(["127.0.0.1"], 0);
  return { at: { host: "127.0.0.1", queryPort }, outcomes };
}

/** Opens a raw connection; `answer` is everything the server sends until it closes. */
function raw(t: TestContext, port: number) {
  const socket: Socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true, noDelay: true });
  t.after(() => socket.destroy());
  let received = "";
  const answer = new Promise<string>((resolve, reject) => {
    socket.on("data", (chunk) => {
      received += chunk;
    });
    socket.on("end", () => resolve(received));
    socket.on("close", () => resolve(received));
    socket.on("error", reject);
    AbortSignal.timeout(5000).addEventListener("abort", () => reject(new Error("no answer")));
  });
  return { socket, answer };
}

test("one document in, one compact document out without a newline, then the end", async (t) => {
  const { at, outcomes } = await start(t);
  assert.equal(await exchange(at, '{"a":1}'), '{"asked":"{\\"a\\":1}","peer":"127.0.0.1"}');
  assert.deepEqual(outcomes, ["ok"]);
});

test("a request may come byte by byte, and with the client's end of stream", async (t) => {
  const { at } = await start(t);
  const { socket, answer } = raw(t, at.queryPort);
  for (const byte of '{"a":"}"}') {
    socket.write(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  socket.end("\n");
  assert.match(await answer, /^\{"asked":"\{\\"a\\":\\"\}\\"\}"/);
});

test("an early end is told; silence is answered with silence", async (t) => {
  const { at, outcomes } = await start(t);
  const cut = raw(t, at.queryPort);
  cut.socket.end('{"a":');
  assert.equal(await cut.answer, '{"error":"Incomplete JSON request"}');
  const silent = raw(t, at.queryPort);
  silent.socket.end();
  assert.equal(await silent.answer, "");
  assert.deepEqual(outcomes, ["error"]);
});

test("what is no JSON object is refused at its first byte", async (t) => {
  const { at } = await start(t);
  assert.equal(
    await exchange(at, "GET / HTTP/1.1\r\n\r\n"),
    '{"error":"Invalid JSON: expected an object"}',
  );
});

test("a request over the cap is refused and its rest is not held", async (t) => {
  const { at, outcomes } = await start(t);
  const { socket, answer } = raw(t, at.queryPort);
  socket.on("error", () => undefined);
  socket.write(`{"a":"${"x".repeat(200_000)}`);
  assert.equal(await answer, '{"error":"Query exceeds 65536 bytes"}');
  assert.deepEqual(outcomes, ["error"]);
});

test("a request that never ends is timed out", async (t) => {
  const { at } = await start(t, { timeoutMs: 30 });
  const { socket, answer } = raw(t, at.queryPort);
  socket.write('{"a":');
  assert.equal(await answer, '{"error":"Query timed out"}');
});

test("connections over the limit are closed at once and counted", async (t) => {
  const { at, outcomes } = await start(t, { maxConnections: 1 });
  const first = raw(t, at.queryPort);
  first.socket.write("{");
  await new Promise((resolve) => first.socket.once("connect", resolve));
  const second = raw(t, at.queryPort);
  assert.equal(await second.answer.catch(() => ""), "");
  assert.deepEqual(outcomes, ["connection_refused"]);
  first.socket.end("}");
  assert.equal(await first.answer, '{"asked":"{}","peer":"127.0.0.1"}');
});

test("a client that resets its connection does not disturb the next one", async (t) => {
  const { at } = await start(t);
  const rude = raw(t, at.queryPort);
  rude.answer.catch(() => undefined);
  await new Promise((resolve) => rude.socket.once("connect", resolve));
  rude.socket.write("{");
  rude.socket.resetAndDestroy();
  assert.match(await exchange(at, "{}"), /asked/);
});

test("one source cannot hold every connection; a banned one gets none", async (t) => {
  let banned = false;
  const { at, outcomes } = await start(t, {
    maxConnectionsPerSource: 1,
    turnsAway: () => banned,
  });
  const first = raw(t, at.queryPort);
  first.socket.write("{");
  await new Promise((resolve) => first.socket.once("connect", resolve));
  assert.equal(await raw(t, at.queryPort).answer.catch(() => ""), "");
  first.socket.end("}");
  assert.match(await first.answer, /asked/);
  await new Promise((resolve) => first.socket.once("close", resolve).destroy());
  assert.match(await exchange(at, "{}"), /asked/);
  banned = true;
  assert.equal(await raw(t, at.queryPort).answer.catch(() => ""), "");
  assert.deepEqual(outcomes, ["source_connections", "ok", "ok", "source_banned"]);
});
