import assert from "node:assert/strict";
import { createSocket, type RemoteInfo } from "node:dgram";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { DirectorConnection, query } from "../client/index.ts";
import type { DirectorConfig, DirectorConfigInput } from "../config/schema.ts";
import {
  echoResource,
  type TestDirector,
  testConfig,
  testDirector,
  testEcho,
} from "../testing/director.ts";
import { total, traffic } from "../testing/traffic.ts";

const wanted = (version: string) => ({
  resourceType: "echo",
  namespace: "local",
  labelSelector: { version },
});

/** Two backends, a director whose default endpoint is `a`, and configurations like its own. */
async function setting(t: TestContext, input: Partial<DirectorConfigInput> = {}) {
  const a = echoResource("a", (await testEcho(t, "a")).port);
  const b = echoResource("b", (await testEcho(t, "b")).port);
  const like = (changes: Partial<DirectorConfigInput> = {}) =>
    testConfig([a, b], { defaultEndpoint: wanted("a"), ...input, ...changes });
  const director = await testDirector(t, like());
  const reload = (config: DirectorConfig) => director.reload(async () => config);
  return { director, like, reload, a, b };
}

async function client(t: TestContext, director: TestDirector, token?: string) {
  const { host } = director.at;
  const connection = await DirectorConnection.open({
    ...{ host, dataPort: director.dataPort },
    ...(token === undefined ? {} : { token }),
  });
  t.after(() => connection.close());
  return connection;
}

async function answer(connection: DirectorConnection): Promise<string> {
  connection.send("x");
  return (await connection.receive(5000)).toString();
}

test("a session keeps its backend and source port through reloads; new ones follow them", async (t) => {
  const backend = createSocket("udp4").bind(0, "127.0.0.1");
  await once(backend, "listening");
  t.after(() => backend.close());
  const ports = new Set<number>();
  backend.on("message", (payload, from: RemoteInfo) => {
    ports.add(from.port);
    backend.send(`own ${payload}`, from.port, from.address);
  });
  const { director, like, reload, a, b } = await setting(t);
  const own = echoResource("own", backend.address().port);
  const both = { discovery: { static: { resources: [a, b, own] } } };
  assert.ok(await reload(like(both)));
  const old = await client(t, director, (await query(director.at, wanted("own"))).token);
  assert.equal(await answer(old), "own x");

  const sender = await traffic(t, director, undefined, 2);
  await sender.answeredBy("a");
  for (let n = 0; n < 10; n++) {
    const changed = like({
      ...both,
      defaultEndpoint: wanted(n % 2 === 0 ? "b" : "a"),
      loadBalancing: { type: n % 2 === 0 ? "leastSessions" : "firstMatch" },
      sessionTimeoutSeconds: 100 + n,
      limits: { maxQueuedPackets: 10 + n },
      rehome: { goneSeconds: n },
    });
    assert.ok(await reload(changed));
    const fresh = await client(t, director);
    assert.equal(await answer(fresh), n % 2 === 0 ? "b x" : "a x");
  }
  assert.equal(await answer(old), "own x");
  assert.equal(ports.size, 1);
  const { sent, lost } = total([await sender.stop()]);
  assert.equal(lost, 0, `${lost} of ${sent} lost`);
  assert.equal(sender.count.last, "a");
  const reloads = 'udp_director_config_reloads_total{result="success"}';
  assert.equal(await director.metric(reloads), 11);
});

test("times, limits, tokens and protection change while the director runs", async (t) => {
  const { director, like, reload } = await setting(t);
  const k1 = { id: "k1", secret: "11".repeat(32) };
  await reload(like({ tokenTtlSeconds: 7, tokens: { kind: "sealed", keys: [k1] } }));
  const grant = await query(director.at, wanted("b"));
  assert.equal(grant.ttlSeconds, 7);
  assert.match(grant.token, /^udp1\.k1\./);

  // The new key seals, the old one still opens; taken out, it does no longer.
  const k2 = { id: "k2", secret: "22".repeat(32) };
  await reload(like({ tokens: { kind: "sealed", keys: [k2, k1] } }));
  assert.match((await query(director.at, wanted("b"))).token, /^udp1\.k2\./);
  assert.equal(await answer(await client(t, director, grant.token)), "b x");
  await reload(like({ tokens: { kind: "sealed", keys: [k2] } }));
  const late = await client(t, director, grant.token);
  const refused =
    'udp_director_packets_dropped_total{reason="token_not_authentic",source="client"}';
  while (((await director.metric(refused)) ?? 0) === 0) late.send(grant.token);

  const sessions = () => director.metric("udp_director_active_sessions");
  const before = (await sessions()) ?? 0;
  await reload(like({ limits: { maxSessions: before + 1 } }));
  assert.equal(await answer(await client(t, director)), "a x");
  const full = 'udp_director_packets_dropped_total{reason="sessions_full",source="client"}';
  const one = await client(t, director);
  while (((await director.metric(full)) ?? 0) === 0) one.send("x");

  await reload(like({ sessionTimeoutSeconds: 5 }));
  director.advance(5001);
  while ((await sessions()) !== 0) await new Promise((resolve) => setTimeout(resolve, 10));

  const strict = { exempt: [], newSessionsPerSecond: 1, newSessionBurst: 1 };
  await reload(like({ protection: strict }));
  assert.equal(await answer(await client(t, director)), "a x");
  const limited = 'udp_director_packets_dropped_total{reason="session_rate",source="client"}';
  const two = await client(t, director);
  while (((await director.metric(limited)) ?? 0) === 0) two.send("x");

  await reload(like({ protection: { allowQueries: [{ namespace: "other" }] } }));
  await assert.rejects(query(director.at, wanted("a")), { message: "No matching resources found" });
  await reload(like({ limits: { maxTokens: 1 } }));
  await query(director.at, wanted("a"));
  await assert.rejects(query(director.at, wanted("a")), { message: /Too many/ });
});

test("a backend that the new configuration leaves out loses its sessions as always", async (t) => {
  const everything = { resourceType: "echo", namespace: "local" };
  const { director, like, reload, b } = await setting(t, { defaultEndpoint: everything });
  const sender = await traffic(t, director, undefined, 5);
  await sender.answeredBy("a");
  const rehome = { goneSeconds: 0, checkSeconds: 1 };
  await reload(like({ rehome, discovery: { static: { resources: [b] } } }));
  await sender.answeredBy("b", 10_000);
  await sender.stop();
});

test("what needs new sockets or stores is told in one line, the rest applied", async (t) => {
  const { director, like, reload } = await setting(t);
  const changes = {
    queryPort: 9001,
    tokens: { resume: "any" },
    store: { kind: "journal", journal: { path: "/nowhere/journal" } },
    defaultEndpoint: wanted("b"),
  } as const;
  const next = { ...like(changes), queryPort: 9001 };
  assert.ok(await reload(next));
  const told =
    "the configuration was read again and applied; restart for: queryPort, store, tokens.resume";
  assert.equal(director.lines.at(-1), told);
  assert.equal(await answer(await client(t, director)), "b x");
  assert.equal(await director.metric("udp_director_config_restart_needed"), 1);
  assert.ok(await reload(like()));
  assert.equal(await director.metric("udp_director_config_restart_needed"), 0);
});

test("what cannot be used changes nothing and is one line", async (t) => {
  const { director, like, reload } = await setting(t);
  const key = { id: "k", secretFile: "/nowhere/key" };
  assert.equal(
    await reload(like({ defaultEndpoint: wanted("b"), tokens: { keys: [key] } })),
    false,
  );
  assert.match(
    director.lines.at(-1) ?? "",
    /^the configuration was not applied, the one before stays: .*\/nowhere\/key/,
  );
  const read = async () => {
    throw new Error("config.yaml has 2 mistakes:\n  queryPort: no\n  dataPort: no");
  };
  assert.equal(await director.reload(read), false);
  assert.equal(
    director.lines.at(-1),
    "the configuration was not applied, the one before stays: config.yaml has 2 mistakes: queryPort: no; dataPort: no",
  );
  assert.equal(await answer(await client(t, director)), "a x");
  assert.equal(await director.metric('udp_director_config_reloads_total{result="error"}'), 2);
});

test("any sequence of good and bad configurations ends in the last good one", async (t) => {
  const { director, like } = await setting(t);
  const hash = async () => {
    const page = await fetch(`http://${director.at.host}:${director.metricsPort}/metrics`);
    return /config_info\{config_hash="(\w+)"\} 1/.exec(await page.text())?.[1];
  };
  const step = fc.record({
    good: fc.boolean(),
    endpoint: fc.constantFrom("a", "b"),
    ttl: fc.integer({ min: 1, max: 99 }),
  });
  let last = { endpoint: "a", ttl: 30 };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
      const done = steps.map(({ good, endpoint, ttl }) =>
        director.reload(async () => {
          if (!good) throw new Error("wrong");
          return like({ defaultEndpoint: wanted(endpoint), tokenTtlSeconds: ttl });
        }),
      );
      assert.deepEqual(
        await Promise.all(done),
        steps.map(({ good }) => good),
      );
      last = steps.findLast(({ good }) => good) ?? last;
      assert.equal((await query(director.at, wanted("a"))).ttlSeconds, last.ttl);
    }),
    { numRuns: 40 },
  );
  assert.equal(await answer(await client(t, director)), `${last.endpoint} x`);
  const before = await hash();
  assert.match(before ?? "", /^[0-9a-f]{12}$/);
  const same = { defaultEndpoint: wanted(last.endpoint), tokenTtlSeconds: last.ttl };
  await director.reload(async () => like(same));
  assert.equal(await hash(), before);
  await director.reload(async () => like({ ...same, tokenTtlSeconds: 100 }));
  assert.notEqual(await hash(), before);
});
