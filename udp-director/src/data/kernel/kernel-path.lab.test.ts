import assert from "node:assert/strict";
import { after, before, describe, type TestContext, test } from "node:test";
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

let scene: Scene;
before(async () => {
  scene = await Scene.open();
});
after(() => scene.close());

for (const [name, path] of [
  ["node:dgram", { native: { enabled: false } }],
  ["native threads", { native: { enabled: true, workers: 2 } }],
  ["the kernel path", { kernel: { enabled: true } }],
  ["the kernel's rules alone", { kernel: { enabled: true, ebpf: false } }],
] as const) {
  const kernel = "kernel" in path;
  describe(`with ${name}`, () => {
    let director: LabDirector;
    before(async () => {
      director = await scene.start({ ...path, sessionTimeoutSeconds: 4 });
    });
    after(() => director.stop());

    for (const [version, at] of [
      ["IPv4", V4],
      ["IPv6", V6],
    ] as const) {
      test(`${version}: a session's packets come back, none is lost, and its backend sees one source`, async () => {
        const to = { address: at.near, port: DATA };
        const socket = await scene.client.open(at.client);
        await socket.send(to, [await scene.token(version === "IPv4" ? "a" : "a6", at)]);
        // Right behind the token: these meet a director that has not told the kernel yet.
        await socket.send(to, numbered("early", 20));
        await socket.send(to, numbered("later", 200), 2);
        const got = answers(await socket.received(220), at);
        assert.equal(got.length, 220);
        assert.deepEqual([...new Set(got.map((one) => one.split(" ")[0]))], ["a"]);
        assert.equal(sourcesOf(got).size, 1, "one source port");
        await socket.close();
      });
    }

    test("a control packet inside the session moves it, and loses what is in flight at most", async () => {
      const to = { address: V4.near, port: DATA };
      const socket = await scene.client.open(V4.client);
      await socket.send(to, [await scene.token("a")]);
      await socket.send(to, numbered("before", 100), 2);
      assert.equal((await socket.received(100)).length, 100);
      const move = Buffer.concat([MAGIC, Buffer.from(await scene.token("b"))]);
      await socket.send(to, [move]);
      await socket.send(to, numbered("after", 200), 1);
      const got = answers(await socket.received(200));
      // Sockets keep the order of control packet and data; the kernel hears of the move a little
      // later, and answers of the backend that was left are dropped from then on.
      const inFlight = kernel ? 50 : 0;
      const moved = got.findIndex((one) => one.startsWith("b "));
      assert.ok(moved >= 0 && moved <= inFlight, `moved after ${moved} packets of 1 ms`);
      assert.ok(got.length >= 200 - inFlight, `${200 - got.length} lost`);
      assert.ok(
        got.slice(moved + inFlight).every((one) => one.startsWith("b ")),
        "and stays there",
      );
      // There and back again: an old flow is in nobody's way.
      const back = Buffer.concat([MAGIC, Buffer.from(await scene.token("a"))]);
      await socket.send(to, [back]);
      await wait(250);
      await socket.send(to, numbered("back", 100), 1);
      const returned = answers(await socket.received(100));
      assert.equal(returned.length, 100);
      assert.ok(returned.every((one) => one.startsWith("a ")));
      await socket.close();
    });

    test("a session lives while packets pass, and ends when none does", async () => {
      const to = { address: V4.near, port: DATA };
      const socket = await scene.client.open(V4.client);
      await socket.send(to, [await scene.token("a")]);
      for (let second = 0; second < 7; second++) {
        await socket.send(to, [`at${second}`]);
        await wait(1000);
      }
      assert.equal((await socket.received(7)).length, 7, "longer than the session's time");
      assert.ok(((await director.metric("udp_director_active_sessions")) ?? 0) >= 1);
      // The session's time, and how long a flow counts as active.
      const end = Date.now() + 15_000;
      while ((await director.metric("udp_director_active_sessions")) !== 0 && Date.now() < end) {
        await wait(500);
      }
      assert.equal(await director.metric("udp_director_active_sessions"), 0);
      await socket.close();
    });
  });
}

describe("the kernel path", () => {
  const started = async (t: TestContext, extra: Partial<DirectorConfigInput> = {}) => {
    const director = await scene.start({ kernel: { enabled: true }, ...extra });
    t.after(() => director.stop());
    return director;
  };
  const established = async (director: LabDirector): Promise<LabSocket> => {
    const to = { address: V4.near, port: DATA };
    const socket = await scene.client.open(V4.client);
    await socket.send(to, [await scene.token("a")]);
    await socket.send(to, numbered("warm", 100), 3);
    assert.equal((await socket.received(100)).length, 100);
    assert.equal(await director.metric("udp_director_kernel_flows"), 1);
    return socket;
  };

  test("the director sees none of an established session's packets, and counts them all", async (t) => {
    const director = await started(t);
    const socket = await established(director);
    const to = { address: V4.near, port: DATA };
    const series = 'udp_director_packets_received_total{source="client"}';
    const before = (await director.metric(series)) ?? 0;
    const offloaded = 'udp_director_packets_offloaded_total{destination="server"}';
    const passed = (await director.metric(offloaded)) ?? 0;
    const sending = socket.send(to, numbered("x", 1000), 1);
    // Several who read at once count nothing twice.
    for (let n = 0; n < 3; n++) await Promise.all([1, 2, 3].map(() => director.metric(series)));
    await sending;
    assert.equal((await socket.received(1000)).length, 1000);
    assert.equal(((await director.metric(series)) ?? 0) - before, 1000);
    const forwarded = ((await director.metric(offloaded)) ?? 0) - passed;
    assert.equal(forwarded, 1000, "no packet came to a socket");
    await socket.close();
  });

  test("bounds what a source may send into its flows, and counts what it drops", async (t) => {
    const protection = { packetsPerSecond: 200, packetBurst: 150, exempt: [] };
    const director = await started(t, { protection });
    const to = { address: V4.near, port: DATA };
    const socket = await established(director);
    await wait(1000);
    await socket.send(to, numbered("flood", 1000), 1);
    const got = (await socket.received(1000, 500)).length;
    assert.ok(got >= 300 && got <= 700, `${got} of 1000 in more than a second at 200 a second`);
    const dropped = 'udp_director_packets_dropped_total{reason="packet_rate",source="client"}';
    assert.equal(await director.metric(dropped), 1000 - got);
    await socket.close();
  });

  test("gives a session back that somebody looks into, without a packet lost or another source", async (t) => {
    const director = await started(t, { admin: {} });
    const to = { address: V4.near, port: DATA };
    const socket = await established(director);
    await socket.send(to, ["source"]);
    const [source] = sourcesOf(answers(await socket.received(1)));
    const [, capture] = await Promise.all([
      socket.send(to, numbered("seen", 300), 5),
      scene.director.run(
        process.execPath,
        "--eval",
        `fetch("http://127.0.0.1:9091/v1/sessions/1/capture?seconds=1").then(async (r) =>
          process.stdout.write(r.status + " " + (await r.arrayBuffer()).byteLength))`,
      ),
    ]);
    const [status, bytes = 0] = capture.split(" ").map(Number);
    assert.equal(status, 200, capture);
    assert.ok(bytes > 300 * 50, `${bytes} bytes of packets`);
    const got = answers(await socket.received(300));
    assert.equal(got.length, 300);
    assert.deepEqual([...sourcesOf(got)], [source]);
    // And it is taken over again once nobody looks.
    await socket.send(to, numbered("again", 100), 3);
    assert.equal((await socket.received(100)).length, 100);
    assert.equal(await director.metric("udp_director_kernel_flows"), 1);
    await socket.close();
  });

  test("a client that comes back from another socket keeps its backend, which sees the same source", async (t) => {
    await started(t, { tokens: { resume: "sameAddress" } });
    const to = { address: V4.near, port: DATA };
    const first = await scene.client.open(V4.client);
    const token = await scene.token("b");
    await first.send(to, [token]);
    await first.send(to, numbered("first", 100), 3);
    const [source] = sourcesOf(answers(await first.received(100)));
    const second = await scene.client.open(V4.client);
    await second.send(to, [token]);
    await second.send(to, numbered("second", 100), 3);
    const got = answers(await second.received(100));
    assert.equal(got.length, 100);
    assert.deepEqual([...sourcesOf(got)], [source]);
    await first.close();
    await second.close();
  });

  test("forwards on while the director is stopped, and takes its rules away when it ends", async (t) => {
    const director = await started(t);
    const socket = await established(director);
    const rules = () => scene.director.run("nft", "list", "ruleset");
    assert.match(await rules(), /table ip udp_director/);
    await director.stop("SIGKILL");
    await socket.send({ address: V4.near, port: DATA }, numbered("alone", 100), 1);
    assert.equal((await socket.received(100)).length, 100);
    const next = await scene.start({ kernel: { enabled: true } });
    // The same socket with a new token: connection tracking still remembers its flow of before.
    const to = { address: V4.near, port: DATA };
    await socket.send(to, [await scene.token("b")]);
    await socket.send(to, numbered("anew", 100), 2);
    const got = answers(await socket.received(100));
    assert.equal(got.length, 100);
    assert.ok(got.every((one) => one.startsWith("b ")));
    await next.stop();
    assert.equal(await rules(), "");
    await socket.close();
  });

  test("is left out, with one line that says why, where IP is not forwarded", async (t) => {
    await scene.director.run("sysctl", "-qw", "net.ipv4.ip_forward=0");
    t.after(() => scene.director.run("sysctl", "-qw", "net.ipv4.ip_forward=1"));
    const director = await started(t);
    const why = director.log.filter(({ msg }) => msg.startsWith("the kernel cannot forward"));
    assert.deepEqual(
      why.map(({ reason }) => reason),
      ["net.ipv4.ip_forward is not 1"],
    );
    assert.equal(await director.metric("udp_director_kernel_path"), 0);
    const socket = await scene.client.open(V4.client);
    const to = { address: V4.near, port: DATA };
    await socket.send(to, [await scene.token("a"), "one"]);
    assert.equal((await socket.received(1)).length, 1);
    await socket.close();
  });
});
