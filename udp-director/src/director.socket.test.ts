import assert from "node:assert/strict";
import { test } from "node:test";
import { DirectorConnection, query, sessionReset } from "./client/index.ts";
import { echoResource, testConfig, testDirector, testEcho } from "./testing/director.ts";

const echoQuery = (version: string) => ({
  resourceType: "echo",
  namespace: "local",
  labelSelector: { version },
});

test("query, token, session, echo, re-target: the whole path", async (t) => {
  const a = await testEcho(t, "a");
  const b = await testEcho(t, "b");
  const config = testConfig([echoResource("a", a.port), echoResource("b", b.port)]);
  const director = await testDirector(t, config);
  const grant = await query(director.at, echoQuery("a"));
  assert.deepEqual(grant.directorPorts, { default: director.dataPort });
  assert.equal(grant.ttlSeconds, 30);

  const connection = await DirectorConnection.open({
    host: "127.0.0.1",
    dataPort: director.dataPort,
    token: grant.token,
  });
  t.after(() => connection.close());
  connection.send("one");
  assert.equal((await connection.receive()).toString(), "a one");

  connection.reset((await query(director.at, echoQuery("b"))).token);
  connection.send("two");
  assert.equal((await connection.receive()).toString(), "b two");

  const back = await query(director.at, echoQuery("a"));
  await sessionReset(director.at, back.token);
  connection.send("three");
  assert.equal((await connection.receive()).toString(), "a three");
  assert.equal(a.packets, 2);
  assert.equal(b.packets, 1);
});
