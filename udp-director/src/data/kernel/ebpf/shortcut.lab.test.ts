import assert from "node:assert/strict";
import { after, before, type TestContext, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import type { DirectorConfigInput } from "../../../config/schema.ts";
import { LabHost } from "../../../testing/lab/lab.ts";
import { LabAgent } from "../../../testing/lab/lab-agent.ts";
import type { LabDirector } from "../../../testing/lab/lab-director.ts";
import { answers, DATA, numbered, Scene, sourcesOf, V4, V6 } from "../../../testing/lab/scene.ts";

let scene: Scene;
before(async () => {
  scene = await Scene.open();
});
after(() => scene.close());

async function started(
  t: TestContext,
  extra: Partial<DirectorConfigInput> = {},
  capabilities?: readonly string[],
): Promise<LabDirector> {
  const director = await scene.start({ kernel: { enabled: true }, ...extra }, capabilities);
  t.after(() => director.stop());
  return director;
}

async function established(t: TestContext, at = V4) {
  const socket = await scene.client.open(at.client);
  t.after(() => socket.close());
  const to = { address: at.near, port: DATA };
  await socket.send(to, [await scene.token(at === V4 ? "a" : "a6", at)]);
  await socket.send(to, numbered("warm", 100), 3);
  assert.equal((await socket.received(100)).length, 100);
  return { socket, to };
}

const OFFLOADED = 'udp_director_packets_offloaded_total{destination="server"}';
const SIZED = 'udp_director_packet_size_bytes_count{direction="inbound"}';

/** Packets towards backends so far: all that the kernel forwarded, and those of known size. */
async function counts(director: LabDirector) {
  const offloaded = (await director.metric(OFFLOADED)) ?? 0;
  return { offloaded, sized: (await director.metric(SIZED)) ?? 0 };
}

/** Packets since then: only of those that pass the rules nobody knows the size. */
async function since(director: LabDirector, before: Awaited<ReturnType<typeof counts>>) {
  const now = await counts(director);
  const all = now.offloaded - before.offloaded;
  return { all, rules: all - (now.sized - before.sized) };
}
const said = ({ log }: LabDirector, begins: string) =>
  log.filter(({ msg }) => msg.startsWith(begins));
const BY_PROGRAM = "a program in the kernel takes";
const BY_RULES = "the kernel's rules forward sessions";

test("NET_ADMIN and BPF are all that it takes, and few packets pass the rules then", async (t) => {
  const director = await started(t, {}, ["NET_ADMIN", "BPF"]);
  assert.equal(said(director, BY_PROGRAM).length, 1);
  const { socket, to } = await established(t);
  const before = await counts(director);
  await socket.send(to, numbered("x", 2000), 1);
  assert.equal((await socket.received(2000)).length, 2000);
  const { all, rules } = await since(director, before);
  assert.equal(all, 2000);
  assert.ok(rules > 0 && rules < 20, `${rules} of 2000 passed the rules`);
});

test("without BPF the rules forward, as one line says", async (t) => {
  const director = await started(t, {}, ["NET_ADMIN"]);
  const [line, ...more] = said(director, BY_RULES);
  assert.match(String(line?.reason), /EPERM/);
  assert.deepEqual(more, []);
  const { socket, to } = await established(t);
  const before = await counts(director);
  await socket.send(to, numbered("x", 200), 1);
  assert.equal((await socket.received(200)).length, 200);
  assert.deepEqual(await since(director, before), { all: 200, rules: 200 });
});

test("a limit on sources is the rules' to keep", async (t) => {
  const director = await started(t, { protection: { packetsPerSecond: 100_000 } });
  const [line] = said(director, BY_RULES);
  assert.match(String(line?.reason), /protection\.packetsPerSecond/);
});

for (const [version, at] of [
  ["IPv4", V4],
  ["IPv6", V6],
] as const) {
  test(`${version}: answers come from the address that the client has sent to`, async (t) => {
    await started(t, { listen: ["0.0.0.0", "::"], metricsListen: [V4.near] });
    const { socket, to } = await established(t, at);
    await socket.send(to, numbered("x", 300), 1);
    // `answers` holds where they come from.
    assert.equal(answers(await socket.received(300), at).length, 300);
  });

  test(`${version}: packets larger than the network's are not lost among the others`, async (t) => {
    const director = await started(t);
    const { socket, to } = await established(t, at);
    const large = "y".repeat(3000);
    const sent = Array.from({ length: 200 }, (_, n) => (n % 20 === 7 ? `${large}${n}` : `x${n}`));
    await socket.send(to, sent, 1);
    const got = answers(await socket.received(200), at);
    assert.equal(got.length, 200);
    assert.deepEqual(got.map((one) => one.split(" ")[2]).toSorted(), sent.toSorted());
    assert.equal(sourcesOf(got).size, 1);
    assert.equal(await director.metric("udp_director_kernel_flows"), 1, "and it is still a flow");
  });
}

test("a device that comes later is found, and its address", async (t) => {
  const director = await started(t, { listen: ["0.0.0.0"], sessionTimeoutSeconds: 8 });
  const host = await LabHost.open("late");
  t.after(() => host.close());
  const [client, near] = ["10.91.3.2", "10.91.3.1"];
  await host.connect(scene.director, { here: [`${client}/24`], there: [`${near}/24`] });
  const socket = await new LabAgent(host).open(client);
  const to = { address: near, port: DATA };
  await socket.send(to, [await scene.token("a")]);
  await socket.send(to, numbered("warm", 100), 3);
  assert.equal((await socket.received(100)).length, 100);
  // Devices are looked for when an epoch begins, a second apart here.
  await wait(2500);
  const before = await counts(director);
  await socket.send(to, numbered("x", 500), 1);
  assert.equal((await socket.received(500)).length, 500);
  const { rules } = await since(director, before);
  assert.ok(rules < 50, `${rules} of 500 passed the rules`);
  assert.equal(said(director, BY_PROGRAM).length, 1);
});
