import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { DirectorConnection, query } from "../client/index.ts";
import type { DirectorConfigInput } from "../config/schema.ts";
import {
  echoResource,
  type TestDirector,
  testConfig,
  testDirector,
  testEcho,
} from "../testing/director.ts";

const anyEcho = { resourceType: "echo", namespace: "local" };
const key = (id: string) => ({ id, secret: id.repeat(64).slice(0, 64) });
const sealed = (...ids: string[]): Partial<DirectorConfigInput> => ({
  tokens: { kind: "sealed", keys: ids.map(key) },
});

async function open(t: TestContext, director: TestDirector, token: string) {
  const { host } = director.at;
  const connection = await DirectorConnection.open({ host, dataPort: director.dataPort, token });
  t.after(() => connection.close());
  return connection;
}

test("a sealed token granted by one director is good at another, and after its end", async (t) => {
  const a = await testEcho(t, "a");
  const b = await testEcho(t, "b");
  const resources = [echoResource("a", a.port), echoResource("b", b.port)];
  const first = await testDirector(t, testConfig(resources, sealed("a")));
  const other = await testDirector(t, testConfig(resources, sealed("b", "a")));
  const to = (version: string) => ({ ...anyEcho, labelSelector: { version } });
  const { token } = await query(first.at, to("b"));
  assert.match(token, /^udp1\.a\./);
  const move = await query(first.at, to("a"));
  await first.close();
  const connection = await open(t, other, token);
  connection.send("1");
  assert.equal(String(await connection.receive()), "b 1");
  connection.reset(move.token);
  connection.send("2");
  assert.equal(String(await connection.receive()), "a 2");
  const fresh = await query(other.at, to("a"));
  assert.match(fresh.token, /^udp1\.b\./);
  assert.equal(await other.metric("udp_director_token_cache_size"), 0);
});

test("a single-use token serves one socket; the second is dropped and counted", async (t) => {
  const a = await testEcho(t, "a");
  const config = testConfig([echoResource("a", a.port)], { tokens: { singleUse: true } });
  const director = await testDirector(t, config);
  const { token } = await query(director.at, anyEcho);
  const connection = await open(t, director, token);
  connection.send("x");
  assert.equal(String(await connection.receive()), "a x");
  const second = await open(t, director, token);
  second.send("x");
  await assert.rejects(second.receive(50));
  const series = 'udp_director_packets_dropped_total{reason="token_used",source="client"}';
  assert.equal(await director.metric(series), 1);
});

test("a bound token does not work from another address", async (t) => {
  const a = await testEcho(t, "a");
  const config = testConfig([echoResource("a", a.port)], {
    listen: ["127.0.0.1", "::1"],
    tokens: { bindToQuerySource: true },
  });
  const director = await testDirector(t, config);
  const { token } = await query({ ...director.at, host: "::1" }, anyEcho);
  const stranger = await open(t, director, token);
  stranger.send("x");
  await assert.rejects(stranger.receive(50));
  const series = 'udp_director_packets_dropped_total{reason="token_other_client",source="client"}';
  assert.equal(await director.metric(series), 1);
  const own = await open(t, director, (await query(director.at, anyEcho)).token);
  own.send("x");
  assert.equal(String(await own.receive()), "a x");
});
