import assert from "node:assert/strict";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { DirectorConnection, query } from "../../client/index.ts";
import { DRAIN_KEY } from "../../retarget/backends.ts";
import { echoResource, testConfig, testDirector, testEcho } from "../../testing/director.ts";
import { hearEvents } from "../../testing/events.ts";
import { traffic } from "../../testing/traffic.ts";

const wanted = { resourceType: "echo", namespace: "local" };

test("sessions and backends are told of as they come, move and go", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "udp-director-events-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "backends.json");
  const write = async (resources: readonly object[]) => {
    await writeFile(`${path}.new`, JSON.stringify({ resources }));
    await rename(`${path}.new`, path);
  };
  const a = echoResource("a", (await testEcho(t, "a")).port);
  const b = echoResource("b", (await testEcho(t, "b")).port);
  await write([a]);
  const input = { admin: {}, discovery: { file: { path, pollSeconds: 0.05 } } };
  const director = await testDirector(t, testConfig([], input));
  const base = `http://127.0.0.1:${director.adminPort}`;
  const heard = await hearEvents(t, base, {}, "?recent=10");
  await heard.find((e) => e.kind === "backend_added" && e.backend === "echo/local/a");

  const client = await traffic(t, director, (await query(director.at, wanted)).token, 5);
  const opened = await heard.find((e) => e.kind === "session_opened");
  assert.ok(opened.kind === "session_opened");
  assert.equal(opened.client, `127.0.0.1:${client.connection.localPort}`);
  await write([{ ...a, labels: { ...a.labels, [DRAIN_KEY]: "true" } }, b]);
  await heard.find((e) => e.kind === "backend_draining" && e.reason === "marked");
  const moved = await heard.find((e) => e.kind === "session_moved");
  assert.ok(moved.kind === "session_moved");
  assert.deepEqual([moved.session, moved.backend, moved.cause], [1, "echo/local/b", "drain"]);

  const last = heard.lastId();
  heard.close();
  await client.stop();
  await fetch(`${base}/v1/sessions/1`, { method: "DELETE" });
  const again = await hearEvents(t, base, { "last-event-id": last });
  const ended = await again.find((e) => e.kind === "session_ended");
  assert.ok(ended.kind === "session_ended" && ended.reason === "operator");
  assert.equal(again.all[0]?.kind, "session_ended");
  await write([b]);
  await again.find((e) => e.kind === "backend_removed" && e.backend === "echo/local/a");
});

test("a ban and its end are events", async (t) => {
  const echo = await testEcho(t, "a");
  const rules = { exempt: [], tokenFailures: { count: 1 } };
  const input = { admin: {}, protection: rules };
  const director = await testDirector(t, testConfig([echoResource("a", echo.port)], input));
  const base = `http://127.0.0.1:${director.adminPort}`;
  const heard = await hearEvents(t, base);
  const connection = await DirectorConnection.open({
    host: "127.0.0.1",
    dataPort: director.dataPort,
    token: "550e8400-e29b-41d4-a716-446655440000",
  });
  t.after(() => connection.close());
  await heard.find((e) => e.kind === "source_banned" && e.source === "127.0.0.1");
  await fetch(`${base}/v1/bans/127.0.0.1`, { method: "DELETE" });
  await heard.find((e) => e.kind === "ban_lifted" && e.source === "127.0.0.1");
});

test("a store that cannot be reached is an event", async (t) => {
  const echo = await testEcho(t, "a");
  const unreachable = { kind: "redis", redis: { url: "redis://127.0.0.1:1" } } as const;
  const input = { admin: {}, store: unreachable };
  const director = await testDirector(t, testConfig([echoResource("a", echo.port)], input));
  const heard = await hearEvents(t, `http://127.0.0.1:${director.adminPort}`, {}, "?recent=10");
  await heard.find(({ kind }) => kind === "store_lost");
});

test("too many readers are turned away with a reason", async (t) => {
  const echo = await testEcho(t, "a");
  const input = { admin: {} };
  const director = await testDirector(t, testConfig([echoResource("a", echo.port)], input));
  const base = `http://127.0.0.1:${director.adminPort}`;
  const readers = [];
  for (let n = 0; n < 32; n++) readers.push(await hearEvents(t, base));
  const refused = await fetch(`${base}/v1/events`);
  assert.equal(refused.status, 503);
  assert.match(((await refused.json()) as { error: string }).error, /^too many readers/);
  readers[0]?.close();
  for (let n = 0; n < 200; n++) {
    const response = await fetch(`${base}/v1/events`);
    await response.body?.cancel();
    if (response.ok) return;
  }
  assert.fail("a reader that has left still counts");
});
