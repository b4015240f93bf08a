import assert from "node:assert/strict";
import { after, before, type TestContext, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import type { LabDirector } from "../../testing/lab/lab-director.ts";
import { answers, DATA, MAGIC, numbered, Scene, V4, V6 } from "../../testing/lab/scene.ts";

/** What the kernel does with the packets of banned sources. */

let scene: Scene;
before(async () => {
  scene = await Scene.open();
});
after(() => scene.close());

const BANNED = 'udp_director_packets_dropped_total{reason="banned",source="client"}';
const RECEIVED = 'udp_director_packets_received_total{source="client"}';
const OFFLOADED = 'udp_director_packets_offloaded_total{destination="server"}';

async function started(t: TestContext, banSeconds: number): Promise<LabDirector> {
  const director = await scene.start({
    kernel: { enabled: true },
    admin: {},
    protection: { exempt: [], tokenFailures: { count: 5, windowSeconds: 10, banSeconds } },
  });
  t.after(() => director.stop());
  return director;
}

/** Control packets with tokens that nobody has granted. */
const guesses = (count: number) =>
  Array.from({ length: count }, () => Buffer.concat([MAGIC, Buffer.from(crypto.randomUUID())]));

const read = async (director: LabDirector, ...series: string[]) => {
  const values: number[] = [];
  for (const one of series) values.push((await director.metric(one)) ?? 0);
  return values;
};

for (const [version, at] of [
  ["IPv4", V4],
  ["IPv6", V6],
] as const) {
  test(`${version}: packets of a banned source end in the kernel, and are counted, until the ban ends`, async (t) => {
    const director = await started(t, 6);
    const to = { address: at.near, port: DATA };
    const socket = await scene.client.open(at.client);
    t.after(() => socket.close());
    await socket.send(to, guesses(5), 2);
    await wait(200);
    const begun = performance.now();
    const [received = 0, dropped = 0] = await read(director, RECEIVED, BANNED);
    assert.equal(await director.metric("udp_director_banned_sources"), 1);
    await socket.send(to, [...guesses(100), ...numbered("first", 100)], 1);
    await wait(200);
    const [after, banned] = await read(director, RECEIVED, BANNED);
    assert.ok(performance.now() - begun < 5000, "while the ban lasts");
    assert.deepEqual([after, banned], [received, dropped + 200]);
    await wait(7000);
    await socket.send(to, numbered("later", 10), 1);
    await wait(200);
    assert.deepEqual(await read(director, RECEIVED, BANNED), [received + 10, dropped + 200]);
  });
}

test("a ban that is lifted ends in the kernel as well", async (t) => {
  const director = await started(t, 600);
  const to = { address: V4.near, port: DATA };
  const socket = await scene.client.open(V4.client);
  t.after(() => socket.close());
  await socket.send(to, guesses(5), 2);
  await wait(200);
  const [received = 0] = await read(director, RECEIVED);
  await socket.send(to, numbered("x", 20));
  await wait(200);
  assert.deepEqual(await read(director, RECEIVED), [received]);
  const lifting = `fetch("http://127.0.0.1:9091/v1/bans/${V4.client}", { method: "DELETE" }).then((r) =>
    process.stdout.write(String(r.status)))`;
  const status = await scene.director.run(process.execPath, "--eval", lifting);
  assert.match(status, /^20/);
  await wait(200);
  await socket.send(to, [await scene.token("a"), ...numbered("y", 20)]);
  assert.equal(answers(await socket.received(20)).length, 20);
});

test("sessions of a source that is banned go on, in the kernel and in sockets", async (t) => {
  const director = await started(t, 600);
  const to = { address: V4.near, port: DATA };
  const socket = await scene.client.open(V4.client);
  const guesser = await scene.client.open(V4.client);
  t.after(() => Promise.all([socket.close(), guesser.close()]));
  await socket.send(to, [await scene.token("a")]);
  await socket.send(to, numbered("warm", 100), 3);
  assert.equal((await socket.received(100)).length, 100);
  await guesser.send(to, guesses(5), 2);
  await wait(200);
  assert.equal(await director.metric("udp_director_banned_sources"), 1);
  const [offloaded = 0] = await read(director, OFFLOADED);
  await socket.send(to, numbered("on", 100), 2);
  assert.equal((await socket.received(100)).length, 100);
  assert.deepEqual(await read(director, OFFLOADED), [offloaded + 100]);
  // While somebody looks its packets are in no flow.
  const capture = `fetch("http://127.0.0.1:9091/v1/sessions/1/capture?seconds=1").then(async (r) =>
    process.stdout.write(r.status + " " + (await r.arrayBuffer()).byteLength))`;
  const [, captured] = await Promise.all([
    socket.send(to, numbered("seen", 300), 5),
    scene.director.run(process.execPath, "--eval", capture),
  ]);
  assert.match(captured, /^200 \d{5}/);
  assert.equal((await socket.received(300)).length, 300);
});

test("a ban ends with its process, once the next one has the tables", async (t) => {
  const first = await started(t, 600);
  const to = { address: V4.near, port: DATA };
  const socket = await scene.client.open(V4.client);
  t.after(() => socket.close());
  await socket.send(to, guesses(5), 2);
  await wait(200);
  const banned = () => scene.director.run("nft", "list", "set", "ip", "udp_director", "banned");
  await first.stop("SIGKILL");
  assert.match(await banned(), /10\.91\.1\.2/);
  const second = await started(t, 600);
  assert.ok(second.log.every(({ msg }) => !msg.startsWith("replaced")));
  assert.doesNotMatch(await banned(), /10\.91\.1\.2/);
  await socket.send(to, [await scene.token("a"), ...numbered("y", 20)]);
  assert.equal(answers(await socket.received(20)).length, 20);
});
