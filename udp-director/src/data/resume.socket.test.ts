import assert from "node:assert/strict";
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { query } from "../client/index.ts";
import { echoResource, testConfig, testDirector } from "../testing/director.ts";

/** A client that comes back from another socket, seen from its backend. */

const anyEcho = { resourceType: "echo", namespace: "local" };
const within = () => ({ signal: AbortSignal.timeout(10_000) });

async function bound(t: TestContext, address = "127.0.0.1"): Promise<Socket> {
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4").bind(0, address);
  await once(socket, "listening", within());
  t.after(() => socket.close());
  return socket;
}

const packet = async (socket: Socket) => {
  const [payload, from] = (await once(socket, "message", within())) as [Buffer, RemoteInfo];
  return { text: String(payload), from };
};

test("a client that comes back over the other IP version keeps its backend's socket and replies", async (t) => {
  const backend = await bound(t);
  const director = await testDirector(
    t,
    testConfig([echoResource("a", backend.address().port)], {
      listen: ["127.0.0.1", "::1"],
      dataPorts: [
        { port: 7777, protocol: "udp", name: "game" },
        { port: 7778, protocol: "udp", name: "voice" },
      ],
      tokens: { resume: "any" },
    }),
  );
  const { token } = await query(director.at, anyEcho);
  const old = await bound(t);
  const { game = 0, voice = 0 } = director.dataPorts;
  old.send(token, game, "127.0.0.1");
  const seen: Record<string, number> = {};
  for (const [name, port] of [["game", game] as const, ["voice", voice] as const]) {
    const arrived = packet(backend);
    old.send(name, port, "127.0.0.1");
    seen[name] = (await arrived).from.port;
  }

  const fresh = await bound(t, "::1");
  const arrived = packet(backend);
  fresh.send(token, game, "::1");
  fresh.send("again", game, "::1");
  const { text, from } = await arrived;
  assert.deepEqual([text, from.port], ["again", seen.game]);
  // The client has not sent to `voice` from its new socket yet, and is heard there nevertheless.
  const reply = packet(fresh);
  backend.send("audio", seen.voice ?? 0, "127.0.0.1");
  assert.deepEqual((await reply).text, "audio");
  assert.equal(await director.metric("udp_director_session_resumes_total"), 1);
  assert.equal(await director.metric("udp_director_active_sessions"), 1);
  assert.ok(director.lines.includes("session resumed"));
});

test("a session resumes after a restart on its journal, its token long expired", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "udp-director-resume-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const backend = await bound(t);
  const config = testConfig([echoResource("a", backend.address().port)], {
    tokens: { resume: "sameAddress" },
    store: { kind: "journal", journal: { path: join(folder, "journal") } },
  });
  const first = await testDirector(t, config);
  const { token } = await query(first.at, anyEcho);
  const old = await bound(t);
  const opened = packet(backend);
  old.send(token, first.dataPort, "127.0.0.1");
  old.send("1", first.dataPort, "127.0.0.1");
  assert.equal((await opened).text, "1");
  await first.close();

  const second = await testDirector(t, config);
  second.advance(100_000);
  const fresh = await bound(t);
  const arrived = packet(backend);
  fresh.send(token, second.dataPort, "127.0.0.1");
  fresh.send("2", second.dataPort, "127.0.0.1");
  const { text, from } = await arrived;
  assert.equal(text, "2");
  const reply = packet(fresh);
  backend.send("3", from.port, "127.0.0.1");
  assert.equal((await reply).text, "3");
  assert.equal(await second.metric("udp_director_active_sessions"), 1);
});
