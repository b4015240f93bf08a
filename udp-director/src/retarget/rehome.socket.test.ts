import assert from "node:assert/strict";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { query } from "../client/index.ts";
import type { DirectorConfigInput } from "../config/schema.ts";
import { echoResource, testConfig, testDirector, testEcho } from "../testing/director.ts";
import { total, traffic } from "../testing/traffic.ts";
import { DRAIN_KEY } from "./backends.ts";

type Resources = { readonly labels: Readonly<Record<string, string>> }[];

/** A director over a file of backends, with checks as often as a test wants. */
async function setting(
  t: TestContext,
  goneSeconds: number,
  tokens: DirectorConfigInput["tokens"] = {},
) {
  const folder = await mkdtemp(join(tmpdir(), "udp-director-rehome-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "backends.json");
  const write = async (resources: Resources) => {
    await writeFile(`${path}.new`, JSON.stringify({ resources }));
    await rename(`${path}.new`, path);
  };
  const a = echoResource("a", (await testEcho(t, "a")).port);
  const b = echoResource("b", (await testEcho(t, "b")).port);
  await write([a, b]);
  const config = testConfig(
    [],
    {
      discovery: { file: { path, pollSeconds: 0.05 } },
      defaultEndpoint: { resourceType: "echo", namespace: "local" },
      tokens,
    },
    () => ({ rehome: { enabled: true, checkSeconds: 0.05, goneSeconds } }),
  );
  const director = await testDirector(t, config);
  const wanted = { resourceType: "echo", namespace: "local" };
  const clients = [];
  for (let n = 0; n < 10; n++) {
    const token = n % 2 === 0 ? (await query(director.at, wanted)).token : undefined;
    clients.push(await traffic(t, director, token, 5));
  }
  await Promise.all(clients.map((client) => client.answeredBy("a")));
  return { director, clients, a, b, write };
}

test("when a backend leaves the file its sessions go on at the other one", async (t) => {
  const { director, clients, b, write } = await setting(t, 0.2);
  const started = performance.now();
  await write([b]);
  await Promise.all(clients.map((client) => client.answeredBy("b", 5000)));
  const ms = performance.now() - started;
  const { sent, lost, longestGapMs } = total(await Promise.all(clients.map((c) => c.stop())));
  t.diagnostic(
    `10 sessions at the other backend ${ms.toFixed(0)} ms after the file changed (grace 200 ms): ${lost} of ${sent} packets lost, longest gap ${longestGapMs.toFixed(1)} ms`,
  );
  assert.ok(lost <= 30, `${lost} of ${sent} lost: more than three a session`);
  const resets = (cause: string) =>
    director.metric(`udp_director_session_resets_total{cause="${cause}"}`);
  assert.equal(await resets("gone"), 10);
  await write([]);
  for (let n = 0; n < 500; n++) {
    if ((await director.metric("udp_director_stranded_sessions")) === 10) break;
  }
  assert.equal(await director.metric("udp_director_stranded_sessions"), 10);
  assert.equal(await director.metric("udp_director_active_sessions"), 10);
});

test("a backend that is marked as draining is left at once", async (t) => {
  const { director, clients, a, b, write } = await setting(t, 3600);
  await write([{ ...a, labels: { ...a.labels, [DRAIN_KEY]: "true" } }, b]);
  await Promise.all(clients.map((client) => client.answeredBy("b", 5000)));
  const { sent, lost, longestGapMs } = total(await Promise.all(clients.map((c) => c.stop())));
  t.diagnostic(
    `10 sessions drained: ${lost} of ${sent} packets lost, longest gap ${longestGapMs.toFixed(1)} ms`,
  );
  assert.ok(lost <= 30, `${lost} of ${sent} lost: more than three a session`);
  assert.equal(await director.metric('udp_director_session_resets_total{cause="drain"}'), 10);
});

test("sessions that were opened with sealed tokens go where their query leads", async (t) => {
  const keys = [{ id: "k1", secret: "11".repeat(32) }];
  const { clients, b, write } = await setting(t, 0.2, { kind: "sealed", keys });
  await write([b]);
  await Promise.all(clients.map((client) => client.answeredBy("b", 5000)));
});
