import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { stringify } from "yaml";
import { DirectorRefusal, query } from "../client/index.ts";
import { echoResource, testEcho } from "../testing/director.ts";
import { freePorts } from "../testing/free-ports.ts";

/** The serve process: killed and started again, and ended in an orderly way. */

const BIN = new URL("../../bin/udp-director.js", import.meta.url).pathname;

/** Two backends and a configuration whose default endpoint is the other one. */
async function setting(t: TestContext, input: object) {
  const folder = await mkdtemp(join(tmpdir(), "udp-director-serve-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const a = await testEcho(t, "a");
  const b = await testEcho(t, "b");
  const [queryPort = 0, dataPort = 0, metricsPort = 0] = await freePorts(3);
  const wanted = (version: string) => ({
    resourceType: "echo",
    namespace: "local",
    labelSelector: { version },
  });
  const path = join(folder, "config.yaml");
  const config = {
    listen: ["127.0.0.1"],
    queryPort,
    dataPort,
    metricsPort,
    defaultEndpoint: wanted("b"),
    resourceQueryMapping: {
      echo: {
        group: "",
        version: "v1",
        resource: "pods",
        addressPath: "status.address",
        portName: "udp",
      },
    },
    discovery: { static: { resources: [echoResource("a", a.port), echoResource("b", b.port)] } },
    store: { kind: "journal", journal: { path: join(folder, "journal") } },
    ...input,
  };
  await writeFile(path, stringify(config));
  const at = { host: "127.0.0.1", queryPort };
  return { at, dataPort, metricsPort, serve: () => serve(t, path), wanted };
}

async function serve(t: TestContext, config: string) {
  const child = spawn(process.execPath, [BIN, "serve", "--config", config], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => void (child.exitCode === null && child.kill("SIGKILL")));
  const signal = AbortSignal.timeout(20_000);
  for (let text = ""; !text.includes('"msg":"ready"'); ) {
    text += String((await once(child.stdout, "data", { signal }))[0]);
  }
  child.stdout.resume();
  return child;
}

async function end(child: ChildProcess, name: NodeJS.Signals) {
  const ended = once(child, "exit", { signal: AbortSignal.timeout(10_000) });
  child.kill(name);
  return (await ended)[0];
}

async function socket(t: TestContext): Promise<Socket> {
  const made = createSocket("udp4").bind(0, "127.0.0.1");
  await once(made, "listening");
  t.after(() => made.close());
  return made;
}

/** Sends until it is answered: a process that starts may have dropped the first ones. */
async function ask(from: Socket, port: number, text: string): Promise<string> {
  const reply = once(from, "message", { signal: AbortSignal.timeout(5000) });
  from.send(text, port, "127.0.0.1");
  return String((await reply)[0]);
}

test("kill -9 and a restart on the journal: sessions and tokens are as before", async (t) => {
  const { at, dataPort, metricsPort, serve, wanted } = await setting(t, {});
  const first = await serve();
  const unused = await query(at, wanted("a"));
  const clients: Socket[] = [];
  for (let n = 0; n < 20; n++) {
    const client = await socket(t);
    client.send((await query(at, wanted("a"))).token, dataPort, "127.0.0.1");
    assert.equal(await ask(client, dataPort, "1"), "a 1");
    clients.push(client);
  }
  const idle = await socket(t);
  assert.equal(await ask(idle, dataPort, "1"), "b 1");
  // The promise is for what came before the write that is under way.
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(await end(first, "SIGKILL"), null);
  const second = await serve();
  for (const client of clients) assert.equal(await ask(client, dataPort, "2"), "a 2");
  assert.equal(await ask(idle, dataPort, "2"), "b 2");
  const late = await socket(t);
  late.send(unused.token, dataPort, "127.0.0.1");
  assert.equal(await ask(late, dataPort, "3"), "a 3");
  const page = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  assert.match(page, /sessions_restored_total\{source="restart"\} 21\n/);
  assert.equal(await end(second, "SIGTERM"), 0);
  await serve();
  assert.equal(await ask(late, dataPort, "4"), "a 4");
});

test("SIGTERM drains: not ready, new sessions refused, live ones go on, then exit 0", async (t) => {
  const { at, dataPort, metricsPort, serve, wanted } = await setting(t, {
    sessionTimeoutSeconds: 4,
    store: {},
    shutdown: { drainSeconds: 20 },
  });
  const child = await serve();
  const client = await socket(t);
  assert.equal(await ask(client, dataPort, "1"), "b 1");
  const { token } = await query(at, wanted("a"));
  const ended = end(child, "SIGTERM");
  const readyz = async () => (await fetch(`http://127.0.0.1:${metricsPort}/readyz`)).json();
  for (let n = 0; n < 200; n++) {
    const { status, waitingFor } = (await readyz()) as { status: string; waitingFor: string[] };
    if (waitingFor?.includes("draining")) break;
    assert.ok(n < 199, `still ${status}`);
  }
  const late = await socket(t);
  late.send(token, dataPort, "127.0.0.1");
  late.send("x", dataPort, "127.0.0.1");
  assert.equal(await ask(client, dataPort, "2"), "b 2");
  await assert.rejects(query(at, wanted("a")), new DirectorRefusal("Director is shutting down"));
  const page = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  assert.match(page, /packets_dropped_total\{reason="draining",source="client"\} 2\n/);
  const start = performance.now();
  assert.equal(await ended, 0);
  const took = performance.now() - start;
  assert.ok(took > 3000 && took < 9000, `the last session ended after ${took} ms`);
});

test("a wrong key and a journal that cannot be written are one line each", async (t) => {
  for (const [input, message] of [
    [
      { tokens: { kind: "sealed", keys: [{ id: "a", secret: "x" }] } },
      /tokens\.keys\[0\]: key a is no key; expected 32 bytes/,
    ],
    [
      { store: { kind: "journal", journal: { path: "/does/not/exist/j" } } },
      /store\.journal\.path: cannot use .*ENOENT/,
    ],
    [
      { store: { kind: "redis", redis: { urlEnv: "NO_SUCH" } } },
      /store\.redis\.urlEnv: NO_SUCH is not set/,
    ],
  ] as const) {
    const folder = await mkdtemp(join(tmpdir(), "udp-director-serve-"));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const path = join(folder, "config.yaml");
    const [queryPort, dataPort, metricsPort] = await freePorts(3);
    const mapping = { group: "", version: "v1", resource: "pods", addressPath: "status.address" };
    const config = {
      listen: ["127.0.0.1"],
      ...{ queryPort, dataPort, metricsPort },
      resourceQueryMapping: { echo: { ...mapping, portName: "udp" } },
      discovery: { static: { resources: [echoResource("a", 9)] } },
      ...input,
    };
    await writeFile(path, stringify(config));
    const child = spawn(process.execPath, [BIN, "serve", "--config", path]);
    let err = "";
    child.stderr.on("data", (chunk) => {
      err += chunk;
    });
    const [code] = await once(child, "close", { signal: AbortSignal.timeout(10_000) });
    assert.equal(code, 2);
    assert.match(err, message);
    assert.equal(err.trim().split("\n").length, 1);
  }
});

test("connect wins its session back when the director was killed and started again", async (t) => {
  const { at, serve } = await setting(t, { store: { kind: "memory" } });
  const first = await serve();
  const wanted = ["--type", "echo", "--namespace", "local", "--selector", "version=a"];
  const to = ["--query-port", `${at.queryPort}`, "--timeout", "300", "--keepalive", "100"];
  const client = spawn(process.execPath, [BIN, "connect", ...wanted, ...to], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  t.after(() => void (client.exitCode === null && client.kill("SIGKILL")));
  let said = "";
  client.stdout.on("data", (chunk) => {
    said += chunk;
  });
  const says = async (text: string) => {
    const signal = AbortSignal.timeout(20_000);
    while (!said.includes(text)) {
      await once(client.stdout, "data", { signal }).catch(() => {
        throw new Error(`never: ${text}; said ${said}`);
      });
    }
  };
  client.stdin.write("1\n");
  await says("a 1");
  await end(first, "SIGKILL");
  client.stdin.write("2\n");
  await says("asking again in");
  const second = await serve();
  const sender = setInterval(() => client.stdin.write("again\n"), 100);
  t.after(() => clearInterval(sender));
  // The director takes it to the default endpoint until it shows a token again.
  await says("a again");
  clearInterval(sender);
  await end(second, "SIGKILL");
});
