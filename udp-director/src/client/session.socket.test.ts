import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { echoResource, testConfig, testDirector, testEcho } from "../testing/director.ts";
import { freePorts } from "../testing/free-ports.ts";
import { echoAndGreeter, Peer } from "../testing/tcp.ts";
import { DirectorSession, type SessionChange, type SessionOptions } from "./index.ts";

const BIN = new URL("../../bin/udp-director.js", import.meta.url).pathname;
const wanted = { resourceType: "echo", namespace: "local" };
const labelled = (version: string) => ({ ...wanted, labelSelector: { version } });
const PATIENCE_MS = 20_000;

/** Waits for a condition; whatever a test waits for comes with some event. */
async function until(what: string, done: () => boolean): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; !done(); ) {
    if (Date.now() > end) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A session with what it has heard. */
async function open(t: TestContext, options: Omit<SessionOptions, "onPacket">) {
  const packets: string[] = [];
  const changes: SessionChange[] = [];
  const session = await DirectorSession.open({
    ...options,
    onPacket: (payload) => void packets.push(payload.toString()),
    onChange: (change) => void changes.push(change),
  });
  t.after(() => session.close());
  const states = () => changes.map(({ state }) => state);
  return { session, packets, changes, states };
}

/** A director as a process of its own, at fixed ports. */
async function directorProcess(t: TestContext, echoPort: number) {
  const folder = await mkdtemp(join(tmpdir(), "udp-director-client-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const [queryPort = 0, dataPort = 0, metricsPort = 0] = await freePorts(3);
  const path = join(folder, "config.yaml");
  const mapping = { group: "", version: "v1", resource: "pods", addressPath: "status.address" };
  const config = {
    listen: ["127.0.0.1"],
    ...{ queryPort, dataPort, metricsPort },
    resourceQueryMapping: { echo: { ...mapping, portName: "udp" } },
    discovery: { static: { resources: [echoResource("a", echoPort)] } },
  };
  await writeFile(path, stringify(config));
  const start = async (): Promise<ChildProcess> => {
    const args = [BIN, "serve", "--config", path];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    t.after(() => void (child.exitCode === null && child.kill("SIGKILL")));
    const signal = AbortSignal.timeout(PATIENCE_MS);
    for (let text = ""; !text.includes('"msg":"ready"'); ) {
      text += String((await once(child.stdout, "data", { signal }))[0]);
    }
    child.stdout.resume();
    return child;
  };
  const kill = async (child: ChildProcess) => {
    const ended = once(child, "exit", { signal: AbortSignal.timeout(PATIENCE_MS) });
    child.kill("SIGKILL");
    await ended;
  };
  return { start, kill, at: { host: "127.0.0.1", queryPort } };
}

const QUICK = { silenceMs: 200, firstWaitMs: 50, longestWaitMs: 200, attempts: 1000 };

test("a director that is killed and started again: the session comes back by itself", async (t) => {
  const echo = await testEcho(t, "a");
  const { start, kill, at } = await directorProcess(t, echo.port);
  const first = await start();
  const options = { director: at, wanted, reconnect: QUICK };
  const { session, packets, changes, states } = await open(t, options);
  const { localPort, token } = session;
  let sent = 0;
  const sender = setInterval(() => session.send(`${++sent}`), 10);
  t.after(() => clearInterval(sender));
  await until("the backend answers", () => packets.length > 5);
  await kill(first);
  await until("the loss is noticed", () => states().includes("reconnecting"));
  const second = await start();
  const heard = packets.length;
  await until("the backend answers again", () => packets.length > heard + 5);
  assert.equal(changes[0]?.state, "up");
  assert.ok(states().slice(1).includes("up"));
  assert.notEqual(session.token, token);
  assert.equal(session.localPort, localPort);
  clearInterval(sender);
  await kill(second);
});

test("when nobody comes back it is given up, until it is asked to try again", async (t) => {
  const echo = await testEcho(t, "a");
  const { start, kill, at } = await directorProcess(t, echo.port);
  const first = await start();
  const reconnect = { ...QUICK, firstWaitMs: 1, longestWaitMs: 1, attempts: 2 };
  const { session, packets, changes, states } = await open(t, { director: at, wanted, reconnect });
  await kill(first);
  session.send("x");
  await until("it is given up", () => states().at(-1) === "given-up");
  const last = changes.at(-1);
  assert.match(last?.state === "given-up" ? last.why : "", /nobody listens on TCP 127\.0\.0\.1/);
  const second = await start();
  session.reconnect();
  await until("it is up again", () => states().at(-1) === "up");
  session.send("again");
  await until("the backend answers", () => packets.includes("a again"));
  await kill(second);
});

/** A director over two backends, in this process. */
async function setting(t: TestContext, input: Parameters<typeof testConfig>[1] = {}) {
  const a = echoResource("a", (await testEcho(t, "a")).port);
  const b = echoResource("b", (await testEcho(t, "b")).port);
  return testDirector(t, testConfig([a, b], input));
}

test("it moves to another backend when asked to, with one session all the time", async (t) => {
  const director = await setting(t);
  const { session, packets } = await open(t, { director: director.at, wanted: labelled("a") });
  session.send("1");
  await until("the first one answers", () => packets.includes("a 1"));
  const grant = await session.move(labelled("b"));
  assert.equal(session.token, grant.token);
  session.send("2");
  await until("the other one answers", () => packets.includes("b 2"));
  assert.equal(await director.metric("udp_director_active_sessions"), 1);
  await assert.rejects(session.move(labelled("none")), { message: "No matching resources found" });
  session.send("3");
  await until("it stays there", () => packets.includes("b 3"));
});

test("acknowledgements are taken in; without them the session is not believed to be up", async (t) => {
  const director = await setting(t, { ackPackets: true });
  const reconnect = { ...QUICK, acknowledgeMs: 1000 };
  const options = { director: director.at, wanted: labelled("a"), reconnect };
  const { session, packets, states } = await open(t, options);
  session.send("x");
  await until("the backend answers", () => packets.length > 0);
  assert.deepEqual(packets, ["a x"]);
  assert.deepEqual(states(), ["up"]);

  const silent = await setting(t);
  const missing = { ...QUICK, acknowledgeMs: 5 };
  const other = await open(t, { director: silent.at, wanted: labelled("a"), reconnect: missing });
  await until("it tries again", () => other.states().includes("reconnecting"));
  const [, change] = other.changes;
  assert.equal(
    change?.state === "reconnecting" ? change.why : "",
    "the director does not acknowledge the token",
  );
});

test("a challenge is answered with the token, also after the director has forgotten all", async (t) => {
  const director = await setting(t, { protection: { challenge: "always" } });
  const { session, packets } = await open(t, { director: director.at, wanted: labelled("b") });
  const sender = setInterval(() => session.send("x"), 10);
  t.after(() => clearInterval(sender));
  await until("the backend answers", () => packets.includes("b x"));
});

test("keepalives reach the backend while nothing is sent", async (t) => {
  const backend = createSocket("udp4").bind(0, "127.0.0.1");
  await once(backend, "listening");
  t.after(() => backend.close());
  const heard: string[] = [];
  backend.on("message", (payload) => void heard.push(payload.toString()));
  const own = echoResource("own", backend.address().port);
  const director = await testDirector(t, testConfig([own]));
  const keepalive = { everyMs: 10, payload: "ping" };
  const { states } = await open(t, { director: director.at, wanted, keepalive });
  await until("some have come", () => heard.length >= 3);
  assert.deepEqual(new Set(heard), new Set(["ping"]));
  assert.deepEqual(states(), ["up"]);
});

test("a connection to a TCP data port belongs to the session, and reaches its backend", async (t) => {
  const a = echoResource("a", await echoAndGreeter(t, "a"));
  const b = echoResource("b", await echoAndGreeter(t, "b"));
  const director = await testDirector(
    t,
    testConfig([a, b], {
      dataPorts: [
        { port: 7777, protocol: "udp", name: "udp" },
        { port: 7778, protocol: "tcp", name: "tcp" },
      ],
    }),
  );
  const options = { director: director.at, wanted: labelled("b"), dataPort: "udp" };
  const { session, packets } = await open(t, options);
  session.send("x");
  await until("the backend answers", () => packets.includes("b x"));
  const peer = new Peer(await session.stream("tcp"));
  t.after(() => peer.socket.destroy());
  await peer.hears("b:");
  peer.send("hello");
  await peer.hears("b:HELLO");
  assert.equal(await director.metric("udp_director_active_sessions"), 1);
  await assert.rejects(session.stream("none"), { name: "DirectorUnreachable" });
});

test("the README's example runs", async (t) => {
  const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
  const code = /```ts\n(import \{ DirectorSession \}[\s\S]*?)```/.exec(readme)?.[1] ?? "";
  const echo = await testEcho(t, "a");
  const director = await testDirector(t, testConfig([echoResource("a", echo.port)]));
  assert.ok(code.includes("queryPort: 9000"));
  const own = code.replace("queryPort: 9000", `queryPort: ${director.queryPort}`);
  const options = ["--input-type=module-typescript", "--eval", own];
  const root = new URL("../../..", import.meta.url);
  const { stdout, stderr } = await promisify(execFile)(process.execPath, options, {
    cwd: root,
    timeout: PATIENCE_MS,
  });
  assert.equal(stdout, "a hello\n");
  assert.equal(stderr, "up\n");
});
