import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { DirectorConnection, query } from "../client/index.ts";
import type { DirectorConfigInput } from "../config/schema.ts";
import { echoResource, testConfig, testDirector, testEcho } from "../testing/director.ts";
import type { SessionView, Summary } from "./control-schemas.ts";

/**
 * A director, and a client that sends RTP and gets each packet back. The clock moves on with each
 * look at it, so that an answer takes time and no interval ends meanwhile, on a slow machine too.
 */
async function setting(t: TestContext, input: Partial<DirectorConfigInput> = {}) {
  const echo = await testEcho(t, "");
  const config = testConfig([echoResource("a", echo.port)], { admin: {}, ...input });
  let clock = 0;
  const now = () => {
    clock += 0.01;
    return clock;
  };
  const director = await testDirector(t, config, { now });
  const { token } = await query(director.at, { resourceType: "echo", namespace: "local" });
  const connection = await DirectorConnection.open({ ...director.at, ...director, token });
  t.after(() => connection.close());
  const send = async (sequence: number) => {
    const packet = Buffer.alloc(172);
    packet.writeUInt16BE(0x8000, 0);
    packet.writeUInt16BE(sequence & 0xffff, 2);
    packet.writeUInt32BE((sequence * 160) >>> 0, 4);
    connection.send(packet);
    await connection.receive(10_000);
  };
  const ask = async <T>(method: string, path: string): Promise<T> => {
    const url = `http://127.0.0.1:${director.adminPort}/v1/${path}`;
    return (await (await fetch(url, { method })).json()) as T;
  };
  const series = (name: string) => director.metric(`udp_director_${name}`);
  return { director, send, ask, series };
}

test("a session that is asked for shows the loss of its RTP stream, both ways", async (t) => {
  const { send, ask } = await setting(t);
  await send(65_500);
  const before = await ask<SessionView>("GET", "sessions/1");
  assert.equal(before.quality, null);
  const begun = await ask<SessionView>("POST", "sessions/1/quality");
  assert.deepEqual(begun.quality?.streams, []);
  for (let n = 0; n < 100; n++) {
    if (n % 10 !== 5) await send(65_501 + n);
  }
  const { quality } = await ask<SessionView>("GET", "sessions/1");
  const figures = quality?.streams.map(({ from, kind, packets, expected, lost, lossRatio }) => ({
    ...{ from, kind, packets, expected, lost, lossRatio },
  }));
  const known = { kind: "rtp", packets: 90, expected: 100, lost: 10, lossRatio: 0.1 };
  assert.deepEqual(figures, [
    { from: "client", ...known },
    { from: "server", ...known },
  ]);
  assert.equal(quality?.roundTrip?.samples, 90);
  assert.ok((quality?.roundTrip?.minMs ?? -1) > 0);
  const summary = await ask<Summary>("GET", "summary");
  assert.equal(summary.quality.watched, 1);
  assert.equal(summary.quality.worst[0]?.lossRatio, 0.1);
  const ended = await ask<SessionView>("DELETE", "sessions/1/quality");
  assert.equal(ended.quality, null);
  assert.equal((await ask<Summary>("GET", "summary")).quality.watched, 0);
});

test("a sampled session is watched from its beginning, and reported when it ends", async (t) => {
  const { send, ask, series } = await setting(t, { quality: { sample: 1 } });
  for (let n = 0; n < 40; n++) if (n !== 20) await send(n);
  await ask("DELETE", "sessions/1");
  assert.equal(await series('session_loss_ratio_count{source="client"}'), 1);
  assert.ok(
    Math.abs(((await series('session_loss_ratio_sum{source="server"}')) ?? 0) - 1 / 40) < 1e-9,
  );
  assert.equal(await series('session_jitter_seconds_count{source="client",kind="rtp"}'), 1);
  assert.equal(await series("backend_round_trip_seconds_count"), 1);
});

test("no more sessions are watched than allowed, and none that is not there", async (t) => {
  const { send, ask } = await setting(t, { quality: { maxSessions: 0 } });
  await send(1);
  assert.deepEqual(await ask("POST", "sessions/1/quality"), {
    error: "quality.maxSessions are watched already",
  });
  assert.deepEqual(await ask("POST", "sessions/7/quality"), { error: "no session 7" });
});
