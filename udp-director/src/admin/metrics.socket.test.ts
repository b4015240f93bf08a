import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { DirectorConnection, exchange, query } from "../client/index.ts";
import { echoResource, testConfig, testDirector, testEcho } from "../testing/director.ts";

/** Every series of a metrics page, `name{labels}` to value. */
function series(page: string): Map<string, number> {
  const lines = page.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(" ");
      return [line.slice(0, at), Number(line.slice(at + 1))] as const;
    }),
  );
}

test("every metric of a director changes with what it counts", async (t) => {
  const a = await testEcho(t, "a");
  const b = await testEcho(t, "b");
  const config = testConfig(
    [echoResource("a", a.port), echoResource("b", b.port), echoResource("gone", 1)],
    {
      defaultEndpoint: { resourceType: "echo", namespace: "local" },
      limits: { maxQueryConnections: 1 },
      // Sizes of packets are not known where native threads forward them.
      native: { enabled: false },
    },
  );
  const director = await testDirector(t, config);
  const read = async () =>
    series(await (await fetch(`http://127.0.0.1:${director.metricsPort}/metrics`)).text());
  const wanted = (version: string) => ({
    resourceType: "echo",
    namespace: "local",
    labelSelector: { version },
  });
  const open = async (token?: string) => {
    const connection = await DirectorConnection.open({
      host: "127.0.0.1",
      dataPort: director.dataPort,
      ...(token ? { token } : {}),
    });
    t.after(() => connection.close());
    return connection;
  };
  const before = await read();
  assert.equal(before.get("udp_director_active_sessions"), 0);

  const first = await open((await query(director.at, wanted("a"))).token);
  first.send("12345");
  assert.equal((await first.receive()).length, "a 12345".length);
  first.reset((await query(director.at, wanted("b"))).token);
  first.reset("550e8400-e29b-41d4-a716-446655440000");
  first.send("x");
  await first.receive();
  const second = await open();
  second.send("hello");
  await second.receive();
  await exchange(director.at, "nonsense");
  const refused = await open((await query(director.at, wanted("gone"))).token);
  refused.send("x");
  await refused.receive(50).catch(() => undefined);

  const after = await read();
  const expected: [string, number][] = [
    ["active_sessions", 3],
    ['total_sessions{session_type="token"}', 2],
    ['total_sessions{session_type="default"}', 1],
    ["unique_clients", 1],
    ['session_resets_total{cause="packet"}', 1],
    ['packets_received_total{source="client"}', 8],
    ['packets_received_total{source="server"}', 3],
    ['bytes_received_total{source="client"}', 36 + 5 + 45 + 45 + 1 + 5 + 36 + 1],
    ['bytes_received_total{source="server"}', 7 + 3 + 7],
    ['packets_sent_total{destination="client"}', 3],
    ['packets_sent_total{destination="server"}', 4],
    ['bytes_sent_total{destination="client"}', 7 + 3 + 7],
    ['bytes_sent_total{destination="server"}', 5 + 1 + 5 + 1],
    ['packets_dropped_total{reason="reset_token_invalid",source="client"}', 1],
    ['packet_size_bytes_bucket{le="64",direction="inbound"}', 8],
    ['packet_size_bytes_count{direction="outbound"}', 3],
    ['query_requests_total{status="success"}', 3],
    ['query_requests_total{status="error"}', 1],
    ['query_duration_seconds_count{status="success"}', 3],
    ['query_duration_seconds_count{status="error"}', 1],
    ["token_cache_size", 3],
    ['token_cache_hits_total{result="hit"}', 3],
    ['token_cache_hits_total{result="miss"}', 1],
    ["default_endpoint_available", 1],
    ['available_resources{resource_type="echo",namespace="local"}', 3],
    ['errors_total{error_type="backend_refused",component="proxy"}', 1],
  ];
  for (const [name, value] of expected) {
    assert.equal(after.get(`udp_director_${name}`), value, name);
  }
  const uptime = after.get("udp_director_uptime_seconds") ?? 0;
  assert.ok(uptime > (before.get("udp_director_uptime_seconds") ?? 0));

  director.advance(300_000);
  const probe = createSocket("udp4");
  t.after(() => probe.close());
  probe.send("wake", director.dataPort, "127.0.0.1");
  await once(probe, "message", { signal: AbortSignal.timeout(2000) });
  const later = await read();
  assert.equal(later.get("udp_director_active_sessions"), 1);
  assert.equal(later.get("udp_director_token_cache_size"), 0);
  const ended = 'udp_director_session_duration_seconds_bucket{le="600",session_type="token"}';
  assert.equal(later.get(ended), 2);
});
