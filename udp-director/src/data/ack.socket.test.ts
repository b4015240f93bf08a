import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { DirectorConnection, query } from "../client/index.ts";
import type { DirectorConfigInput } from "../config/schema.ts";
import { readAck } from "../protocol/ack-packet.ts";
import { DEFAULT_MAGIC_HEX, parseMagic } from "../protocol/control-packet.ts";
import { echoResource, testConfig, testDirector, testEcho } from "../testing/director.ts";

const magic = parseMagic(DEFAULT_MAGIC_HEX);

async function setting(t: TestContext, input: Partial<DirectorConfigInput>) {
  const resources = [];
  for (const name of ["a", "b"]) resources.push(echoResource(name, (await testEcho(t, name)).port));
  const director = await testDirector(t, testConfig(resources, input));
  const grant = async (version: string) => {
    const labelSelector = { version };
    const wanted = { resourceType: "echo", namespace: "local", labelSelector };
    return (await query(director.at, wanted)).token;
  };
  const open = async (token: string) => {
    const connection = await DirectorConnection.open({
      host: "127.0.0.1",
      dataPort: director.dataPort,
      token,
    });
    t.after(() => connection.close());
    return connection;
  };
  return { grant, open };
}

test("an accepted token and control packet, new or repeated, is acknowledged; others are not", async (t) => {
  const { grant, open } = await setting(t, { ackPackets: true });
  const [a, b] = [await grant("a"), await grant("b")];
  const connection = await open(a);
  const ack = async () => readAck(await connection.receive(), magic);
  assert.equal(await ack(), a);
  for (let n = 0; n < 2; n++) {
    connection.reset(b);
    assert.equal(await ack(), b);
  }
  connection.reset("550e8400-e29b-41d4-a716-446655440000");
  connection.send("x");
  assert.equal((await connection.receive()).toString(), "b x");
  const fresh = await open("550e8400-e29b-41d4-a716-446655440000");
  await assert.rejects(fresh.receive(50));
});

test("unless configured nothing is acknowledged", async (t) => {
  const { grant, open } = await setting(t, {});
  const connection = await open(await grant("a"));
  connection.reset(await grant("b"));
  await assert.rejects(connection.receive(50));
});
