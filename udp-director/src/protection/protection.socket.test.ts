import assert from "node:assert/strict";
import { createSocket, type RemoteInfo } from "node:dgram";
import { once } from "node:events";
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
import { traffic } from "../testing/traffic.ts";

const wanted = { resourceType: "echo", namespace: "local" };
const dropped = (director: TestDirector, reason: string, source = "client") =>
  director.metric(`udp_director_packets_dropped_total{reason="${reason}",source="${source}"}`);

/** Asks until there is at least this value; UDP gives no other sign. Bounded. */
async function reaches(read: () => Promise<number | undefined>, value: number) {
  for (let n = 0; n < 500 && ((await read()) ?? 0) < value; n++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.ok(((await read()) ?? 0) >= value);
}

async function open(t: TestContext, director: TestDirector, token?: string) {
  const connection = await DirectorConnection.open({
    host: "127.0.0.1",
    dataPort: director.dataPort,
    ...(token === undefined ? {} : { token }),
  });
  t.after(() => connection.close());
  return connection;
}

const limited = (protection: DirectorConfigInput["protection"]) => ({
  defaultEndpoint: wanted,
  protection: { exempt: [], ...protection },
});

test("a backend that answers with much reaches an unproven client with little", async (t) => {
  const loud = createSocket("udp4");
  t.after(() => loud.close());
  loud.bind(0, "127.0.0.1");
  await once(loud, "listening");
  const config = testConfig([echoResource("a", loud.address().port)], limited({}));
  const director = await testDirector(t, config);
  const victim = await open(t, director);
  victim.send("x".repeat(100));
  const [, from] = (await once(loud, "message")) as [Buffer, RemoteInfo];
  for (let n = 0; n < 100; n++) loud.send(Buffer.alloc(100), from.port, "127.0.0.1");
  await reaches(() => dropped(director, "reply_capped", "server"), 97);
  let got = 0;
  while (await victim.receive(50).catch(() => undefined)) got++;
  assert.equal(got, 3);
  // It has heard something and goes on: that proves it.
  victim.send("more");
  await once(loud, "message");
  for (let n = 0; n < 10; n++) loud.send(Buffer.alloc(1000), from.port, "127.0.0.1");
  for (let n = 0; n < 10; n++) assert.equal((await victim.receive()).length, 1000);
});

test("a source that opens sessions too fast disturbs no session that is there", async (t) => {
  const a = await testEcho(t, "a");
  const config = testConfig(
    [echoResource("a", a.port)],
    limited({ newSessionsPerSecond: 1, newSessionBurst: 5 }),
  );
  const director = await testDirector(t, config);
  const live = await traffic(t, director, (await query(director.at, wanted)).token, 5);
  await live.answeredBy("a");
  for (let n = 0; n < 50; n++) (await open(t, director)).send("spray");
  await reaches(() => dropped(director, "session_rate"), 44);
  assert.ok(((await director.metric("udp_director_active_sessions")) ?? 0) <= 7);
  const before = live.count.received;
  await reaches(async () => live.count.received, before + 5);
  const { sent, received } = await live.stop();
  assert.equal(sent - received, 0);
});

test("a source over its packet rate loses what is over it; queries outside the list find nothing", async (t) => {
  const a = await testEcho(t, "a");
  const config = testConfig(
    [echoResource("a", a.port)],
    limited({
      packetsPerSecond: 1,
      packetBurst: 10,
      allowQueries: [{ namespace: "local", resourceTypes: ["echo"] }],
    }),
  );
  const director = await testDirector(t, config);
  const client = await open(t, director, (await query(director.at, wanted)).token);
  for (let n = 0; n < 30; n++) client.send("x");
  await reaches(() => dropped(director, "packet_rate"), 20);
  await assert.rejects(query(director.at, { ...wanted, namespace: "other" }), {
    message: "No matching resources found",
  });
  await assert.rejects(query(director.at, { ...wanted, resourceType: "pod" }), {
    message: "Unknown resource type: pod",
  });
});
