import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { parse } from "yaml";
import { DirectorRefusal, type Grant, query } from "../client/index.ts";
import type { DirectorConfigInput } from "../config/schema.ts";
import { queryErrors } from "../protocol/query-errors.ts";
import { echoResource, type TestDirector, testConfig, testDirector } from "../testing/director.ts";
import { freeRange } from "../testing/free-ports.ts";
import { echoAndGreeter, tcpClient } from "../testing/tcp.ts";

/** Clients that know nothing of a director reach the backend that somebody asked a port for. */

const within = (ms = 20_000) => ({ signal: AbortSignal.timeout(ms) });

async function lease(director: TestDirector, version: string, portRange = "legacy") {
  const labelSelector = { version };
  const wanted = { resourceType: "echo", namespace: "local", labelSelector, portRange };
  return query(director.at, wanted);
}

const portOf = ({ directorPorts }: Grant) => directorPorts?.legacy ?? 0;

async function bound(t: TestContext): Promise<Socket> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening", within());
  t.after(() => socket.close());
  return socket;
}

async function ask(socket: Socket, port: number, text: string, ms?: number): Promise<string> {
  const reply = once(socket, "message", within(ms));
  socket.send(text, port, "127.0.0.1");
  const [payload, from] = await reply;
  assert.equal(from.port, port);
  return String(payload);
}

/** A configuration with a range of that many ports that are free just now. */
async function rangeOf(count: number, protocol: "udp" | "tcp" | "both" = "both") {
  const from = await freeRange(count);
  return [{ name: "legacy", protocol, from, to: from + count - 1, leaseSeconds: 100 }];
}

async function setting(t: TestContext, count: number, input: Partial<DirectorConfigInput> = {}) {
  const [a, b] = [await echoAndGreeter(t, "a"), await echoAndGreeter(t, "b")];
  const resources = [echoResource("a", a), echoResource("b", b)];
  const portRanges = await rangeOf(count);
  const config = testConfig(resources, { portRanges, ...input });
  return { a, b, config, start: () => testDirector(t, config) };
}

test("a port that was asked for leads to its backend without a token, by UDP and TCP", async (t) => {
  const { start } = await setting(t, 3, { admin: {} });
  const director = await start();
  const { directorPorts, leaseSeconds } = await lease(director, "a");
  const { legacy: portA = 0 } = directorPorts ?? {};
  assert.equal(leaseSeconds, 100);
  assert.equal(directorPorts?.default, director.dataPort);
  const portB = portOf(await lease(director, "b"));
  assert.notEqual(portA, portB);
  assert.equal(portOf(await lease(director, "a")), portA);

  // One socket on two ports is two clients; whatever it sends is data.
  const socket = await bound(t);
  const token = "550e8400-e29b-41d4-a716-446655440000";
  assert.equal(await ask(socket, portA, token), `a ${token}`);
  assert.equal(await ask(socket, portB, "x"), "b x");
  assert.equal(await ask(socket, portA, "\xff\xff\xff\xffRESET"), "a \xff\xff\xff\xffRESET");
  const stream = await tcpClient(t, portA);
  await stream.hears("a:");
  stream.send("hi");
  await stream.hears("a:HI");
  // UDP and TCP of one client to one port are one session.
  assert.equal(await director.metric("udp_director_active_sessions"), 2);
  assert.equal(await director.metric("udp_director_port_allocations"), 2);

  const unused = Math.max(portA, portB) + 1;
  const third = await bound(t);
  third.send("x", unused, "127.0.0.1");
  const dropped = 'udp_director_packets_dropped_total{reason="port_not_allocated",source="client"}';
  for (const end = performance.now() + 20_000; (await director.metric(dropped)) !== 1; ) {
    assert.ok(performance.now() < end, "the port of nobody is not counted");
  }

  const admin = `http://127.0.0.1:${director.adminPort}/v1/ports`;
  const { ports } = (await (await fetch(admin)).json()) as {
    ports: { port: number; resource: string; used: boolean }[];
  };
  assert.deepEqual(
    ports.map(({ port, resource, used }) => [port, resource, used]),
    [
      [portA, "echo/local/a", true],
      [portB, "echo/local/b", true],
    ],
  );
  assert.equal((await fetch(`${admin}/${portA}`, { method: "DELETE" })).status, 200);
  assert.equal(await stream.end(), "ECONNRESET");
  assert.equal(await director.metric("udp_director_active_sessions"), 1);
  assert.equal((await fetch(`${admin}/${portA}`, { method: "DELETE" })).status, 404);
});

test("what cannot be had is told, and a port is free again after its lease", async (t) => {
  const { start } = await setting(t, 1, { admin: {} });
  const director = await start();
  await assert.rejects(
    lease(director, "a", "other"),
    new DirectorRefusal(queryErrors.unknownRange("other")),
  );
  const port = portOf(await lease(director, "a"));
  await assert.rejects(lease(director, "b"), new DirectorRefusal(queryErrors.rangeFull("legacy")));
  const socket = await bound(t);
  assert.equal(await ask(socket, port, "x"), "a x");
  // In use: kept, however long ago it was asked for.
  director.advance(150_000);
  assert.equal(await ask(socket, port, "y"), "a y");
  const renewed = async () => {
    const answer = await fetch(`http://127.0.0.1:${director.adminPort}/v1/ports`);
    const { ports } = (await answer.json()) as { ports: { leaseEndsInSeconds: number }[] };
    return (ports[0]?.leaseEndsInSeconds ?? 0) > 0;
  };
  for (const end = performance.now() + 20_000; !(await renewed()); ) {
    assert.ok(performance.now() < end, "the lease was never renewed");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await assert.rejects(lease(director, "b"), /No free port/);
  director.advance(500_000);
  for (const end = performance.now() + 20_000; ; ) {
    const answer = await lease(director, "b").catch(() => undefined);
    if (answer !== undefined) break;
    assert.ok(performance.now() < end, "the port was never free again");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.equal(await ask(socket, port, "z"), "b z");
});

test("after a restart on the journal ports lead where they led, and sessions go on", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "udp-director-ranges-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const store = { kind: "journal" as const, journal: { path: join(folder, "journal") } };
  const { start } = await setting(t, 2, { store });
  const first = await start();
  const portA = portOf(await lease(first, "a"));
  const portB = portOf(await lease(first, "b"));
  const socket = await bound(t);
  assert.equal(await ask(socket, portB, "1"), "b 1");
  await first.close();
  const second = await start();
  assert.equal(await second.metric("udp_director_active_sessions"), 1);
  assert.equal(await ask(socket, portB, "2"), "b 2");
  assert.equal(await second.metric("udp_director_active_sessions"), 1);
  assert.equal(await ask(await bound(t), portA, "3"), "a 3");
  assert.equal(portOf(await lease(second, "b")), portB);
});

test("a port follows its clients' backend when that goes away", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "udp-director-ranges-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "backends.json");
  const [a, b] = [await echoAndGreeter(t, "a"), await echoAndGreeter(t, "b")];
  const group = (name: string, port: number) => ({
    ...echoResource(name, port),
    labels: { version: "any" },
  });
  const resources = [group("a", a), group("b", b)];
  await writeFile(path, JSON.stringify({ resources }));
  const director = await testDirector(
    t,
    testConfig([], {
      portRanges: await rangeOf(2),
      discovery: { file: { path, pollSeconds: 0.05 } },
      rehome: { checkSeconds: 1, goneSeconds: 1 },
    }),
  );
  const port = portOf(await lease(director, "any"));
  assert.equal(await ask(await bound(t), port, "1"), "a 1");
  await writeFile(path, JSON.stringify({ resources: resources.slice(1) }));
  for (const end = performance.now() + 20_000; ; ) {
    // An answer that comes while its session moves is late, and dropped as UDP may be.
    const answer = await ask(await bound(t), port, "2", 1000).catch(() => undefined);
    if (answer === "b 2") break;
    assert.ok(performance.now() < end, "new clients still go to the backend that is gone");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
});

test("the page's example serves the query beside it, and its texts are the director's", async (t) => {
  const page = (name: string) =>
    readFile(new URL(`../../../docs/${name}.md`, import.meta.url), "utf8");
  const [director, protocol] = [await page("director"), await page("protocol")];
  const [, yaml = "", text = ""] =
    /```yaml\n(portRanges:\n[^`]+)```\n\n([\s\S]+?)\n## /.exec(director) ?? [];
  const { portRanges: [range] = [] } = parse(yaml) as DirectorConfigInput;
  assert.ok(range !== undefined && text.includes(`"portRange": "${range.name}"`));
  const count = range.to - range.from + 1;
  // Its ports may be somebody's on this machine: as many elsewhere.
  const from = await freeRange(count);
  const { start } = await setting(t, 1, {
    portRanges: [{ ...range, from, to: from + count - 1 }],
  });
  const port = portOf(await lease(await start(), "a", range.name));
  assert.ok(port >= from && port < from + count);
  assert.equal(await ask(await bound(t), port, "x"), "a x");

  assert.ok(text.includes(`\`${queryErrors.rangeFull(range.name)}\``));
  const row = [queryErrors.unknownRange("<name>"), queryErrors.rangeFull("<name>")];
  assert.ok(protocol.includes(`| ${row.map((one) => `\`${one}\``).join(", ")} |`));
});
