import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { DirectorConnection, query } from "../client/index.ts";
import { COOKIE_BYTES, readChallenge } from "../protocol/challenge-packet.ts";
import { DEFAULT_MAGIC_HEX, parseMagic } from "../protocol/control-packet.ts";
import { echoResource, testConfig, testDirector, testEcho } from "../testing/director.ts";

const magic = parseMagic(DEFAULT_MAGIC_HEX);
const wanted = { resourceType: "echo", namespace: "local" };

async function setting(t: TestContext, challenge: "default" | "always") {
  const resources = [];
  for (const name of ["a", "b"]) resources.push(echoResource(name, (await testEcho(t, name)).port));
  const config = testConfig(resources, {
    defaultEndpoint: { ...wanted, labelSelector: { version: "b" } },
    protection: { challenge },
  });
  const director = await testDirector(t, config);
  const connect = async (token?: string) => {
    const { dataPort } = director;
    const connection = await DirectorConnection.open({
      ...{ host: "127.0.0.1", dataPort },
      ...(token ? { token } : {}),
    });
    t.after(() => connection.close());
    return connection;
  };
  return { director, connect };
}

/** What a client that repeats its packet, as UDP clients do, hears first. */
async function firstReply(connection: DirectorConnection, text: string): Promise<string> {
  for (let n = 0; n < 50; n++) {
    connection.send(text);
    const reply = await connection.receive(100).catch(() => undefined);
    if (reply !== undefined) return reply.toString();
  }
  throw new Error("never answered");
}

test("the client library answers challenges; tokens are proof, or come with the answer", async (t) => {
  for (const challenge of ["default", "always"] as const) {
    const { director, connect } = await setting(t, challenge);
    assert.equal(await firstReply(await connect(), "x"), "b x");
    const { token } = await query(director.at, { ...wanted, labelSelector: { version: "a" } });
    assert.equal(await firstReply(await connect(token), "y"), "a y");
    const reason = 'udp_director_packets_dropped_total{reason="challenged",source="client"}';
    assert.ok(((await director.metric(reason)) ?? 0) >= (challenge === "always" ? 2 : 1));
  }
});

test("who does not answer reaches no backend and gets 29 bytes a packet", async (t) => {
  const { director } = await setting(t, "default");
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  t.after(() => socket.close());
  for (let n = 0; n < 5; n++) {
    socket.send("x".repeat(100), director.dataPort, "127.0.0.1");
    const [reply] = await once(socket, "message", { signal: AbortSignal.timeout(3000) });
    assert.equal(reply.length, magic.length + 4 + COOKIE_BYTES);
    assert.ok(readChallenge(reply, magic));
  }
  assert.equal(await director.metric("udp_director_active_sessions"), 0);
});
