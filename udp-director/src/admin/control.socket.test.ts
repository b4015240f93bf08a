import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { z } from "zod";
import { DirectorConnection, query } from "../client/index.ts";
import type { DirectorConfigInput } from "../config/schema.ts";
import type { DirectorDependencies } from "../director.ts";
import {
  echoResource,
  type TestDirector,
  testConfig,
  testDirector,
  testEcho,
} from "../testing/director.ts";
import { total, traffic } from "../testing/traffic.ts";
import type { SessionView, Summary } from "./control-schemas.ts";

const A = "echo/local/a";
const B = "echo/local/b";

/** Two backends in two zones, and a director with an admin port. */
async function setting(
  t: TestContext,
  input: Partial<DirectorConfigInput> = {},
  dependencies: Partial<DirectorDependencies> = {},
) {
  const resources = [];
  for (const [name, zone] of [
    ["a", "one"],
    ["b", "two"],
    ["c", "one"],
  ] as const) {
    const echo = await testEcho(t, name);
    const resource = echoResource(name, echo.port);
    resources.push({ ...resource, labels: { ...resource.labels, zone } });
  }
  const director = await testDirector(
    t,
    testConfig(resources, { admin: {}, ...input }),
    dependencies,
  );
  return director;
}

const tokenFor = async (director: TestDirector, version?: string) => {
  const wanted = { resourceType: "echo", namespace: "local" };
  const labelSelector = version === undefined ? {} : { labelSelector: { version } };
  return (await query(director.at, { ...wanted, ...labelSelector })).token;
};

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown> & { readonly sessions?: SessionView[] };
}

/** Asks the admin API, and holds its answer to what /openapi.json says of it. */
async function api(
  director: TestDirector,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const base = `http://127.0.0.1:${director.adminPort}`;
  const response = await fetch(base + path, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = { status: response.status, body: (await response.json()) as Answer["body"] };
  const described = await fetch(`${base}/openapi.json`, { headers });
  if (!described.ok) return answer;
  const document = (await described.json()) as {
    paths: Record<string, Record<string, { responses: Record<string, unknown> }>>;
  };
  const plain = path.split("?")[0] ?? "";
  const found = Object.entries(document.paths).find(([template]) =>
    new RegExp(`^${template.replace(/\{\w+\}/g, "[^/]+")}$`).test(plain),
  );
  const operation = found?.[1][method.toLowerCase()];
  assert.ok(operation, `${method} ${plain} is not in /openapi.json`);
  const responses = operation.responses as Record<string, { content: Record<string, unknown> }>;
  const described200 = responses[String(response.status)] ?? responses.default;
  assert.ok(described200);
  const { schema } = described200.content["application/json"] as { schema: object };
  z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).parse(answer.body);
  return answer;
}

test("sessions are listed by client, backend and label, page by page, and shown", async (t) => {
  const director = await setting(t);
  const clients = [];
  for (const version of ["a", "b", "a"]) {
    const client = await traffic(t, director, await tokenFor(director, version));
    await client.answeredBy(version);
    clients.push(client);
  }
  const list = async (filter: string) =>
    ((await api(director, "GET", `/v1/sessions${filter}`)).body.sessions ?? []).map((s) => s.id);
  assert.deepEqual(await list(""), [1, 2, 3]);
  assert.deepEqual(await list(`?resource=${A}`), [1, 3]);
  assert.deepEqual(await list("?label=version=b"), [2]);
  assert.deepEqual(await list("?label=version=b,zone=one"), []);
  assert.deepEqual(await list("?client=127.0.0.1"), [1, 2, 3]);
  assert.deepEqual(await list(`?client=127.0.0.1:${clients[1]?.connection.localPort}`), [2]);
  assert.deepEqual(await list("?client=192.0.2.1"), []);
  assert.deepEqual(await list("?search=local/b"), [2]);
  assert.deepEqual(await list(`?search=.1:${clients[2]?.connection.localPort}`), [3]);
  assert.deepEqual(await list("?search=nothing"), []);
  const first = await api(director, "GET", "/v1/sessions?limit=2");
  assert.equal(first.body.next, 2);
  const second = await api(director, "GET", "/v1/sessions?limit=2&after=2");
  assert.deepEqual([second.body.sessions?.[0]?.id, second.body.next], [3, null]);
  const shown = (await api(director, "GET", "/v1/sessions/2")).body;
  assert.deepEqual(
    [shown.resource, shown.moves, shown.origin, shown.proven, shown.backendState],
    [B, 0, "token", true, "present"],
  );
  assert.deepEqual(await api(director, "GET", "/v1/sessions/9"), {
    status: 404,
    body: { error: "no session 9" },
  });
  for (const bad of ["?limit=0", "?limit=x", "?label=x", "?after=-1"]) {
    assert.equal((await api(director, "GET", `/v1/sessions${bad}`)).status, 400, bad);
  }
});

test("a backend finds the client behind the port that it sees", async (t) => {
  const backend = createSocket("udp4");
  t.after(() => backend.close());
  backend.bind(0, "127.0.0.1");
  await once(backend, "listening");
  const resources = [echoResource("a", backend.address().port)];
  const director = await testDirector(t, testConfig(resources, { admin: {} }));
  const ports = new Map<string, number>();
  backend.on("message", (payload, from) => void ports.set(payload.toString(), from.port));
  const clients = new Map<string, number>();
  for (const name of ["one", "two"]) {
    const connection = await DirectorConnection.open({
      host: "127.0.0.1",
      dataPort: director.dataPort,
      token: await tokenFor(director),
    });
    t.after(() => connection.close());
    const heard = once(backend, "message", { signal: AbortSignal.timeout(3000) });
    connection.send(name);
    await heard;
    clients.set(name, connection.localPort);
  }
  for (const [name, port] of ports) {
    const { body } = await api(director, "GET", `/v1/sessions?sourcePort=${port}`);
    assert.deepEqual(
      body.sessions?.map((session) => session.clientPort),
      [clients.get(name)],
    );
    assert.deepEqual(body.sessions?.[0]?.sourcePorts, { default: port });
  }
  assert.equal(ports.size, 2);
});

test("the summary adds up", async (t) => {
  const director = await setting(t);
  const clients = [];
  for (const version of ["a", "b", "b"]) {
    const client = await traffic(t, director, await tokenFor(director, version));
    await client.answeredBy(version);
    clients.push(client);
  }
  clients[0]?.connection.reset("550e8400-e29b-41d4-a716-446655440000");
  const { sent, lost } = total(await Promise.all(clients.map((client) => client.stop())));
  assert.equal(lost, 0);
  const { body } = await api(director, "GET", "/v1/summary");
  const { sessions, clients: addresses, bans, stranded, backends, totals } = body;
  assert.deepEqual([sessions, addresses, bans, stranded], [3, 1, 0, 0]);
  assert.deepEqual(backends, [
    { resource: B, state: "present", sessions: 2 },
    { resource: A, state: "present", sessions: 1 },
    { resource: "echo/local/c", state: "present", sessions: 0 },
  ]);
  const { packetsReceived, packetsSent, dropped } = totals as Summary["totals"];
  assert.deepEqual(packetsSent, { client: sent, server: sent });
  // Each client's token, and the one reset.
  assert.deepEqual(packetsReceived, { client: sent + 4, server: sent });
  assert.deepEqual(dropped, { reset_token_invalid: 1 });
});

test("an operator moves one session and ends another; nobody else notices", async (t) => {
  const director = await setting(t);
  const moved = await traffic(t, director, await tokenFor(director, "a"));
  const other = await traffic(t, director, await tokenFor(director, "a"));
  await Promise.all([moved.answeredBy("a"), other.answeredBy("a")]);
  const outcome = { matched: 1, moved: 1, stayed: 0, reasons: [] };
  const move = (to: object) => api(director, "POST", "/v1/sessions/1/retarget", { to });
  assert.deepEqual((await move({ resource: B })).body, outcome);
  await moved.answeredBy("b");
  assert.deepEqual((await move({ labelSelector: { version: "c" } })).body, outcome);
  await moved.answeredBy("c");
  assert.deepEqual((await move({ any: true })).body, {
    matched: 1,
    moved: 1,
    stayed: 0,
    reasons: [],
  });
  assert.deepEqual((await move({ any: true })).body, {
    matched: 1,
    moved: 0,
    stayed: 1,
    reasons: ["No matching resources found"],
  });
  assert.equal((await move({ resource: "echo/local/nope" })).body.stayed, 1);
  assert.equal((await move({})).status, 400);
  assert.equal((await move({ resource: B, any: true })).status, 400);
  assert.equal((await move({ resource: B, typo: 1 })).status, 400);
  await moved.answeredBy("a");
  const counts = [await moved.stop()];
  const stayed = await other.stop();
  assert.equal(stayed.last, "a");
  assert.equal(stayed.sent - stayed.received, 0, "the other client lost packets");
  const { lost, sent, longestGapMs } = total(counts);
  t.diagnostic(
    `3 moves of one session: ${lost} of ${sent} packets lost, longest gap ${longestGapMs.toFixed(1)} ms`,
  );
  assert.ok(lost <= 30, `${lost} of ${sent} lost`);
  const resets = 'udp_director_session_resets_total{cause="operator"}';
  assert.equal(await director.metric(resets), 3);
  assert.deepEqual((await api(director, "DELETE", "/v1/sessions/2")).body, { id: 2, closed: true });
  assert.equal((await api(director, "DELETE", "/v1/sessions/2")).status, 404);
  assert.equal(await director.metric("udp_director_active_sessions"), 1);
});

test("all sessions of a backend, of a label and of a zone move under traffic", async (t) => {
  const director = await setting(t);
  const clients = [];
  for (let n = 0; n < 20; n++) {
    clients.push(await traffic(t, director, await tokenFor(director), 5));
  }
  await Promise.all(clients.map((client) => client.answeredBy("a")));
  const started = performance.now();
  const answer = await api(director, "POST", "/v1/retarget", {
    from: { resource: A },
    to: { resource: B },
  });
  assert.deepEqual(answer.body, { matched: 20, moved: 20, stayed: 0, reasons: [] });
  await Promise.all(clients.map((client) => client.answeredBy("b")));
  const back = await api(director, "POST", "/v1/retarget", {
    from: { labelSelector: { zone: "two" } },
    to: { labelSelector: { zone: "one" } },
  });
  assert.equal(back.body.moved, 20);
  await Promise.all(clients.map((client) => client.answeredBy("a")));
  // All of zone one are left out, so `any` is the one backend of zone two.
  const any = await api(director, "POST", "/v1/retarget", {
    from: { labelSelector: { zone: "one" } },
    to: { any: true },
  });
  assert.equal(any.body.moved, 20);
  await Promise.all(clients.map((client) => client.answeredBy("b")));
  const ms = performance.now() - started;
  const {
    clients: n,
    sent,
    lost,
    longestGapMs,
  } = total(await Promise.all(clients.map((client) => client.stop())));
  t.diagnostic(
    `${n} sessions moved 3 times in ${ms.toFixed(0)} ms: ${lost} of ${sent} packets lost, longest gap ${longestGapMs.toFixed(1)} ms`,
  );
  assert.ok(lost <= 3 * n * 3, `${lost} of ${sent} lost: more than three a session and move`);
  const nobody = { from: { resource: "echo/local/gone" }, to: { any: true } };
  assert.deepEqual((await api(director, "POST", "/v1/retarget", nobody)).body, {
    matched: 0,
    moved: 0,
    stayed: 0,
    reasons: [],
  });
  for (const bad of [{}, { from: {}, to: { any: true } }, { from: { resource: A }, to: {} }]) {
    assert.equal((await api(director, "POST", "/v1/retarget", bad)).status, 400);
  }
});

test("bans are listed and lifted", async (t) => {
  const director = await setting(t, {
    protection: { exempt: [], tokenFailures: { count: 2, banSeconds: 60 } },
  });
  const token = await tokenFor(director, "a");
  const live = await traffic(t, director, token, 5);
  await live.answeredBy("a");
  for (let n = 0; n < 2; n++) live.connection.reset(`550e8400-e29b-41d4-a716-44665544000${n}`);
  const bans = async () =>
    (await api(director, "GET", "/v1/bans")).body.bans as { source: string }[];
  for (let n = 0; n < 100 && (await bans()).length === 0; n++);
  assert.deepEqual(
    (await bans()).map((ban) => ban.source),
    ["127.0.0.1"],
  );
  assert.equal(await director.metric("udp_director_banned_sources"), 1);
  await assert.rejects(tokenFor(director, "a"), /closed without an answer/);
  const before = live.count.received;
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(live.count.received > before, "a live session of a banned source goes on");
  assert.equal((await api(director, "DELETE", "/v1/bans/127.0.0.1")).status, 200);
  assert.equal((await api(director, "DELETE", "/v1/bans/127.0.0.1")).status, 404);
  await tokenFor(director, "a");
  assert.equal(await director.metric("udp_director_bans_total"), 1);
});

test("with a token file every request needs its token, and a new one works at once", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "udp-director-admin-"));
  t.after(() => rm(folder, { recursive: true }));
  const tokenFile = join(folder, "token");
  await writeFile(tokenFile, "first\n");
  const director = await setting(t, { admin: { tokenFile } });
  const ask = async (authorization?: string) =>
    (await api(director, "GET", "/v1/sessions", undefined, authorization ? { authorization } : {}))
      .status;
  assert.equal(await ask(), 401);
  assert.equal(await ask("Bearer wrong"), 401);
  assert.equal(await ask("Basic first"), 401);
  assert.equal(await ask("Bearer first"), 200);
  await writeFile(tokenFile, "second\n");
  assert.equal(await ask("Bearer first"), 401);
  assert.equal(await ask("Bearer second"), 200);
  await rm(tokenFile);
  assert.equal(await ask("Bearer second"), 401);
  assert.equal(await ask("Bearer "), 401);
  await assert.rejects(setting(t, { admin: { tokenFile } }), {
    name: "SettingError",
    message: /^admin\.tokenFile: cannot read a token from .*ENOENT/,
  });
});

test("without a token a web page cannot get in by a name of its own", async (t) => {
  const director = await setting(t);
  const status = await new Promise<number | undefined>((resolve, reject) => {
    httpRequest(
      {
        host: "127.0.0.1",
        port: director.adminPort,
        path: "/v1/sessions",
        headers: { host: "evil.example" },
      },
      (response) => resolve(response.resume().statusCode),
    )
      .on("error", reject)
      .end();
  });
  assert.equal(status, 421);
  const unknown = await fetch(`http://localhost:${director.adminPort}/v2`).catch(() => undefined);
  assert.ok(unknown === undefined || unknown.status === 404);
});

test("who moved and ended sessions is in the log, and what came of it", async (t) => {
  const asked: Record<string, unknown>[] = [];
  const note = (fields: object, message: string) => {
    if (message === "admin request") asked.push({ ...fields });
  };
  const director = await setting(t, {}, { log: { info: note, warn: note } });
  const client = await traffic(t, director, await tokenFor(director, "a"));
  await client.answeredBy("a");
  await api(director, "GET", "/v1/sessions/1");
  await api(director, "POST", "/v1/retarget", { from: { resource: A }, to: { resource: B } });
  await api(director, "DELETE", "/v1/sessions/1");
  await api(director, "DELETE", "/v1/sessions/1");
  const by = "127.0.0.1";
  assert.deepEqual(JSON.parse(JSON.stringify(asked)), [
    {
      ...{ by, asked: "POST /v1/retarget" },
      body: { from: { resource: A }, to: { resource: B } },
      result: { matched: 1, moved: 1, stayed: 0, reasons: [] },
    },
    { by, asked: "DELETE /v1/sessions/:id", id: 1, result: { id: 1, closed: true } },
    { by, asked: "DELETE /v1/sessions/:id", id: 1, error: "no session 1" },
  ]);
});
