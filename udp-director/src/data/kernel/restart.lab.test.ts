import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import type { DirectorConfigInput } from "../../config/schema.ts";
import type { LabSocket } from "../../testing/lab/lab-agent.ts";
import type { LabDirector } from "../../testing/lab/lab-director.ts";
import {
  answers,
  DATA,
  MAGIC,
  numbered,
  Scene,
  sourcesOf,
  V4,
  V6,
} from "../../testing/lab/scene.ts";

/** A director that is killed, and what the next one does with what the kernel still forwards. */

type Extra = Partial<DirectorConfigInput>;

let scene: Scene;
before(async () => {
  scene = await Scene.open();
});
after(() => scene.close());

const TO = { address: V4.near, port: DATA };
const TO6 = { address: V6.near, port: DATA };
const FOUND = (result: string) => `udp_director_kernel_flows_found_total{result="${result}"}`;
const rules = () => scene.director.run("nft", "list", "ruleset");

async function journal(t: TestContext): Promise<Extra> {
  const folder = await mkdtemp(join(tmpdir(), "udp-director-kernel-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "journal");
  return { store: { kind: "journal", journal: { path }, activitySeconds: 1 } };
}

async function started(t: TestContext, extra: Extra): Promise<LabDirector> {
  const director = await scene.start({ kernel: { enabled: true }, ...extra });
  t.after(() => director.stop());
  return director;
}

/** A client whose packets pass through the kernel, and the source that its backend sees. */
async function established(t: TestContext, version = "a") {
  const at = version.endsWith("6") ? V6 : V4;
  const to = { address: at.near, port: DATA };
  const socket = await scene.client.open(at.client);
  t.after(() => socket.close());
  await socket.send(to, [await scene.token(version, at)]);
  await socket.send(to, numbered("warm", 100), 3);
  const got = answers(await socket.received(100), at);
  assert.equal(got.length, 100);
  const [source] = sourcesOf(got);
  return { socket, source };
}

async function until(metric: () => Promise<number | undefined>, value: number, withinMs = 5000) {
  const end = Date.now() + withinMs;
  let last = await metric();
  for (; last !== value && Date.now() < end; last = await metric()) await wait(200);
  assert.equal(last, value);
}

/** Asserts that the backend answers, and from which source it is asked. */
async function answered(socket: LabSocket, word: string, to = TO) {
  await socket.send(to, numbered(word, 50), 2);
  const got = answers(await socket.received(50), to === TO ? V4 : V6);
  assert.equal(got.length, 50);
  return { got, sources: [...sourcesOf(got)] };
}

test("sessions of a journal go on in the kernel: no packet is lost, and their backend sees one source", async (t) => {
  const kept = { ...(await journal(t)), sessionTimeoutSeconds: 30 };
  const first = await started(t, kept);
  const { socket, source } = await established(t);
  const six = await established(t, "a6");
  assert.equal(await first.metric("udp_director_kernel_flows"), 2);
  // All the while, the death and the start included.
  const sending = socket.send(TO, numbered("on", 3000), 1);
  await wait(300);
  await first.stop("SIGKILL");
  const second = await started(t, kept);
  await sending;
  const got = answers(await socket.received(3000));
  assert.equal(got.length, 3000);
  assert.deepEqual([...sourcesOf(got)], [source]);
  const line = second.log.find(({ msg }) => msg.startsWith("went on with"));
  assert.deepEqual([line?.adopted, line?.withdrawn], [2, 0]);
  assert.equal(await second.metric(FOUND("adopted")), 2);
  assert.equal(await second.metric("udp_director_kernel_flows"), 2);
  assert.deepEqual((await answered(six.socket, "six", TO6)).sources, [six.source]);

  // It can be moved like any other session, back into the kernel.
  await socket.send(TO, [Buffer.concat([MAGIC, Buffer.from(await scene.token("b"))])]);
  await wait(250);
  const moved = await answered(socket, "moved");
  assert.ok(moved.got.every((one) => one.startsWith("b ")));
  await until(() => second.metric("udp_director_kernel_flows"), 2);

  await second.stop();
  assert.equal(await rules(), "");
});

test("the totals begin with what the new process has seen, and sessions end by their silence", async (t) => {
  const kept = { ...(await journal(t)), sessionTimeoutSeconds: 4 };
  const first = await started(t, kept);
  const { socket, source } = await established(t);
  await first.stop("SIGKILL");
  // Longer than a session's time: its packets pass nevertheless, and nobody notes them.
  for (let n = 0; n < 12; n++) {
    assert.deepEqual((await answered(socket, `alone${n}-`)).sources, [source]);
    await wait(500);
  }
  const second = await started(t, kept);
  assert.equal(await second.metric(FOUND("adopted")), 1);
  const received = 'udp_director_packets_received_total{source="client"}';
  assert.equal(await second.metric(received), 0);
  for (let n = 0; n < 12; n++) {
    assert.deepEqual((await answered(socket, `seen${n}-`)).sources, [source]);
    await wait(500);
  }
  assert.equal(await second.metric(received), 600);
  assert.equal(await second.metric("udp_director_active_sessions"), 1);
  await until(() => second.metric("udp_director_active_sessions"), 0, 15_000);
  assert.equal(await second.metric("udp_director_kernel_flows"), 0);
});

test("an adopted session is given back to sockets on its source, and ends when told to", async (t) => {
  const kept = { ...(await journal(t)), admin: {} };
  const first = await started(t, kept);
  const { socket, source } = await established(t);
  await first.stop("SIGKILL");
  await started(t, kept);
  const sending = socket.send(TO, numbered("seen", 300), 5);
  const admin = (path: string, method = "GET") =>
    scene.director.run(
      process.execPath,
      "--eval",
      `fetch("http://127.0.0.1:9091/v1/sessions/${path}", { method: "${method}" }).then(async (r) =>
        process.stdout.write(r.status + " " + (await r.arrayBuffer()).byteLength))`,
    );
  const [status, bytes = 0] = (await admin("1/capture?seconds=1")).split(" ").map(Number);
  assert.equal(status, 200);
  assert.ok(bytes > 100 * 50, `${bytes} bytes of packets`);
  await sending;
  const got = answers(await socket.received(300));
  assert.equal(got.length, 300);
  assert.deepEqual([...sourcesOf(got)], [source]);
});

test("tables of other settings are replaced, and clients are answered through new sockets", async (t) => {
  const kept = await journal(t);
  const first = await started(t, kept);
  const { socket } = await established(t);
  await first.stop("SIGKILL");
  const ports = [
    { port: DATA, protocol: "udp" as const, name: "default" },
    { port: 7778, protocol: "udp" as const, name: "more" },
  ];
  const second = await started(t, { ...kept, dataPorts: ports });
  const line = second.log.find(({ msg }) => msg.startsWith("replaced the kernel's tables"));
  assert.match(line?.msg ?? "", /other settings or another version/);
  assert.equal(await second.metric(FOUND("adopted")), 0);
  assert.equal((await answered(socket, "anew")).sources.length, 1);
});

test("flows of sessions that nobody has kept are withdrawn, and their clients start again", async (t) => {
  const first = await started(t, {});
  const { socket } = await established(t);
  await first.stop("SIGKILL");
  const second = await started(t, {});
  await until(() => second.metric(FOUND("withdrawn")), 1);
  assert.equal(await second.metric("udp_director_kernel_flows"), 0);
  await socket.send(TO, ["lost"]);
  assert.deepEqual(await socket.received(1, 300), []);
  await socket.send(TO, [await scene.token("b")]);
  assert.ok((await answered(socket, "again")).got.every((one) => one.startsWith("b ")));
});

test("a flow of which the kernel had the client's half only goes on from the same source", async (t) => {
  const kept = await journal(t);
  const first = await started(t, kept);
  const socket = await scene.client.open(V4.client);
  t.after(() => socket.close());
  // After this packet nothing shows the kernel that its half works.
  await socket.send(TO, [await scene.token("a"), "one"]);
  const [source] = sourcesOf(answers(await socket.received(1)));
  await until(() => first.metric("udp_director_kernel_flows"), 1);
  await first.stop("SIGKILL");
  const second = await started(t, kept);
  assert.equal(await second.metric(FOUND("adopted")), 1);
  assert.deepEqual((await answered(socket, "two")).sources, [source]);
  await until(() => second.metric("udp_director_kernel_flows"), 1);
  assert.deepEqual((await answered(socket, "three")).sources, [source]);
});

test("a second director that finds its ports taken leaves the first one's flows alone", async (t) => {
  const first = await started(t, {});
  const { socket, source } = await established(t);
  await assert.rejects(
    scene.start({ kernel: { enabled: true }, metricsPort: 9190 }),
    /UDP port 7777/,
  );
  assert.equal(await first.metric("udp_director_kernel_flows"), 1);
  const offloaded = 'udp_director_packets_offloaded_total{destination="server"}';
  const passed = (await first.metric(offloaded)) ?? 0;
  assert.deepEqual((await answered(socket, "still")).sources, [source]);
  assert.equal(await first.metric(offloaded), passed + 50, "no packet came to a socket");
});

test("where the kernel may not forward any more, what it had goes through sockets", async (t) => {
  const kept = await journal(t);
  const first = await started(t, kept);
  const { socket } = await established(t);
  await first.stop("SIGKILL");
  await scene.director.run("sysctl", "-qw", "net.ipv4.ip_forward=0");
  t.after(() => scene.director.run("sysctl", "-qw", "net.ipv4.ip_forward=1"));
  const second = await started(t, kept);
  assert.equal(await second.metric("udp_director_kernel_path"), 0);
  assert.doesNotMatch(await rules(), /table ip6? udp_director \{/);
  assert.equal((await answered(socket, "sockets")).got.length, 50);
});
