import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import fc from "fast-check";
import { DirectorConnection, DirectorUnreachable, exchange, query } from "./client/index.ts";
import { DEFAULT_MAGIC_HEX, parseMagic } from "./protocol/control-packet.ts";
import { echoResource, testConfig, testDirector, testEcho } from "./testing/director.ts";

/** Malformed input over real sockets: nothing ends the director, no live session changes. */

const magic = parseMagic(DEFAULT_MAGIC_HEX);
const junk = fc.uint8Array({ maxLength: 100 });
const datagram = fc.oneof(
  junk,
  junk.map((rest) => Buffer.concat([magic, rest])),
  fc.uuid({ version: 4 }).map((token) => Buffer.from(token)),
  fc.uuid({ version: 4 }).map((token) => Buffer.concat([magic, Buffer.from(token)])),
);
const wanted = { resourceType: "echo", namespace: "local" };

test("20,000 malformed datagrams and 500 malformed queries change no live session", async (t) => {
  const a = await testEcho(t, "a");
  const director = await testDirector(
    t,
    testConfig([echoResource("a", a.port)], { limits: { maxSessions: 100 } }),
  );
  const { token } = await query(director.at, wanted);
  const connection = await DirectorConnection.open({
    host: "127.0.0.1",
    dataPort: director.dataPort,
    token,
  });
  t.after(() => connection.close());
  connection.send("before");
  assert.equal((await connection.receive()).toString(), "a before");

  const attackers = Array.from({ length: 8 }, () => createSocket("udp4"));
  t.after(() => attackers.forEach((socket) => void socket.close()));
  const packets = fc.sample(datagram, 20_000);
  for (const [n, packet] of packets.entries()) {
    attackers[n % attackers.length]?.send(packet, director.dataPort, "127.0.0.1");
    // A pause now and then, or the kernel drops most of them unseen.
    if (n % 200 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const deep = `{"a":${"[".repeat(30_000)}${"]".repeat(30_000)}}`;
  const queries = [
    ...fc.sample(
      fc.oneof(
        junk,
        fc.jsonValue().map((v) => Buffer.from(`{"a":${JSON.stringify(v)}}`)),
      ),
      499,
    ),
    Buffer.from(deep),
  ];
  for (let n = 0; n < queries.length; n += 20) {
    const batch = queries.slice(n, n + 20).map(async (body) => {
      try {
        const answer = JSON.parse(await exchange({ ...director.at, timeoutMs: 100 }, body));
        assert.equal(typeof answer.error, "string");
      } catch (error) {
        // An unfinished object waits for more, as it should, until this client gives up.
        assert.ok(error instanceof DirectorUnreachable, String(error));
      }
    });
    await Promise.all(batch);
  }

  connection.send("after");
  assert.equal((await connection.receive()).toString(), "a after");
  assert.equal(await director.metric("udp_director_active_sessions"), 1);
  const seen = await director.metric('udp_director_packets_received_total{source="client"}');
  assert.ok((seen ?? 0) > 5000, `only ${seen} arrived`);
  const answered = await director.metric('udp_director_query_requests_total{status="error"}');
  assert.ok((answered ?? 0) > 300, `only ${answered} were answered`);
  const late = createSocket("udp4");
  t.after(() => late.close());
  late.send(token, director.dataPort, "127.0.0.1");
  late.send("still here", director.dataPort, "127.0.0.1");
  const [reply] = await once(late, "message", { signal: AbortSignal.timeout(2000) });
  assert.equal(String(reply), "a still here");
});
