import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { measureCommand } from "../cli/measure.ts";
import { query } from "../client/index.ts";
import { echoResource, testConfig, testDirector, testEcho } from "../testing/director.ts";
import { type MeasurePlan, measure } from "./measure.ts";

const PLAN: MeasurePlan = {
  ...{ count: 20, intervalMs: 2, bytes: 64, timeoutMs: 1000 },
  ...{ megabits: 0, seconds: 1, mtuMax: 0 },
};
const to = (port: number) => ({ host: "127.0.0.1", session: async () => ({ port }) });

/** An echo that treats each packet as the test says: milliseconds, behind the next one, or lost. */
async function treated(t: TestContext, after: (heard: number) => number | "behind" | "lost") {
  const socket = createSocket("udp4");
  const held: (() => void)[] = [];
  let heard = 0;
  socket.on("message", (payload, from) => {
    const answer = () => socket.send(payload, from.port, from.address);
    const when = after(heard++);
    if (when === "lost") return;
    if (when === "behind") {
      held.push(answer);
      return;
    }
    const answers = [answer, ...held.splice(0)];
    setTimeout(() => {
      for (const one of answers) one();
    }, when).unref();
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  t.after(() => socket.close());
  return socket.address().port;
}

test("what the path does to packets is what is measured", async (t) => {
  // 3, 7, 11, 15 and 19 are lost; 0, 5 and 10 come behind the one that follows them.
  const port = await treated(t, (heard) =>
    heard % 4 === 3 ? "lost" : heard % 5 === 0 ? "behind" : 20,
  );
  const { latency } = await measure(to(port), { ...PLAN, timeoutMs: 3000 });
  assert.deepEqual([latency.sent, latency.received, latency.lossPercent], [20, 15, 25]);
  assert.equal(latency.reordered, 3);
  const { roundTripMs: trip, jitterMs } = latency;
  // Timers may be a millisecond early.
  assert.ok(trip && trip.min >= 19 && trip.max >= trip.min, JSON.stringify(trip));
  assert.ok(jitterMs !== null && jitterMs > 0, `${jitterMs} ms of jitter`);
});

test("load is offered as asked for, and stops where nothing comes back", async (t) => {
  const echo = await testEcho(t, "");
  const good = await measure(to(echo.port), { ...PLAN, megabits: 5 });
  assert.ok(good.throughput);
  const { offeredMbps, deliveredMbps } = good.throughput;
  assert.ok(offeredMbps > 3.5 && offeredMbps < 5.5, `${offeredMbps} Mbit/s offered`);
  assert.ok(deliveredMbps > offeredMbps * 0.9, `${deliveredMbps} of ${offeredMbps} Mbit/s`);
  const dying = await treated(t, (heard) => (heard < 20 ? 0 : "lost"));
  const { throughput } = await measure(to(dying), {
    ...PLAN,
    timeoutMs: 100,
    megabits: 1,
    seconds: 10,
  });
  assert.equal(throughput?.stopped, "nothing came back for 1000 ms");
  assert.ok(throughput.packets.sent < 200, `${throughput.packets.sent} packets`);
  const silent = await treated(t, () => "lost");
  const nothing = await measure(to(silent), { ...PLAN, timeoutMs: 50, megabits: 5, mtuMax: 1500 });
  assert.deepEqual([nothing.throughput, nothing.pathMtu], [null, null]);
});

test("through a director, with a token for each session; the loopback's MTU is its own", async (t) => {
  const echo = await testEcho(t, "a");
  const director = await testDirector(t, testConfig([echoResource("a", echo.port)]));
  const wanted = { resourceType: "echo", namespace: "local" };
  const found = await measure(
    {
      host: "127.0.0.1",
      async session() {
        return { port: director.dataPort, token: (await query(director.at, wanted)).token };
      },
    },
    { ...PLAN, mtuMax: 9000 },
  );
  assert.equal(found.latency.received, 20);
  assert.equal(await director.metric("udp_director_active_sessions"), 2);
  if (process.platform === "linux") {
    assert.deepEqual(found.pathMtu, { bytes: 9000, payloadBytes: 8972 });
  }
});

test("the command says what is missing", async () => {
  const options = {
    ...{ host: "127.0.0.1", queryPort: 1, timeout: 100, count: 1, interval: 1, bytes: 16 },
    ...{ megabits: 0, seconds: 1, mtuMax: 0 },
  };
  await assert.rejects(measureCommand(options), { exitCode: 2, message: /--data-port of an echo/ });
  await assert.rejects(measureCommand({ ...options, type: "x" }), { exitCode: 2 });
  await assert.rejects(measureCommand({ ...options, dataPort: 1 }), { exitCode: 1 });
});
