import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { type TestContext, test } from "node:test";
import { stringify } from "yaml";
import { DirectorConnection } from "../client/index.ts";
import { echoResource } from "../testing/director.ts";
import { freePorts } from "../testing/free-ports.ts";

/** Real processes: what a person sees, and what an orchestrator waits for. */

const BIN = new URL("../../bin/udp-director.js", import.meta.url).pathname;

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

function start(t: TestContext, args: readonly string[], env: Record<string, string> = {}): Child {
  const child = spawn(process.execPath, [BIN, ...args], {
    env: { PATH: process.env.PATH ?? "", ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  t.after(() => void (child.exitCode === null && child.kill("SIGKILL")));
  return child;
}

/** Runs a command to its end. */
async function run(t: TestContext, args: readonly string[], input = "", env = {}) {
  const child = start(t, args, env);
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    err += chunk;
  });
  child.stdin.end(input);
  const [code] = await once(child, "close", { signal: AbortSignal.timeout(20_000) });
  return { code, out, err };
}

/** Waits for the log line `ready` and returns it. */
async function ready(child: Child): Promise<Record<string, unknown>> {
  let text = "";
  const signal = AbortSignal.timeout(20_000);
  while (!text.includes('"msg":"ready"')) {
    const [chunk] = await Promise.race([
      once(child.stdout, "data", { signal }),
      once(child, "close", { signal }).then(() => assert.fail(`ended before ready: ${text}`)),
    ]);
    text += chunk;
  }
  return JSON.parse(text.split("\n").find((line) => line.includes('"msg":"ready"')) ?? "{}");
}

async function file(t: TestContext, name: string, content: unknown): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "udp-director-cli-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, name);
  await writeFile(path, typeof content === "string" ? content : stringify(content));
  return path;
}

const mapping = {
  echo: {
    group: "",
    version: "v1",
    resource: "pods",
    addressPath: "status.address",
    portName: "udp",
  },
};

test("serve, echo, query, probe and connect work together, and SIGTERM ends serve with 0", async (t) => {
  const [queryPort = 0, dataPort = 0, metricsPort = 0, portA = 0, portB = 0, health = 0] =
    await freePorts(6);
  const config = await file(t, "config.yaml", {
    listen: ["127.0.0.1"],
    queryPort,
    dataPort,
    metricsPort,
    resourceQueryMapping: mapping,
    discovery: { static: { resources: [echoResource("a", portA), echoResource("b", portB)] } },
  });
  const echo = (label: string, port: number, ...more: string[]) =>
    start(t, ["echo", "--host", "127.0.0.1", "--port", String(port), "--label", label, ...more]);
  const a = echo("a", portA, "--health-port", String(health));
  const b = echo("b", portB);
  const serve = start(t, ["serve"], { CONFIG_PATH: config });
  const [line] = await Promise.all([ready(serve), ready(a), ready(b)]);
  assert.deepEqual(line.dataPorts, { default: dataPort });
  assert.equal((await fetch(`http://127.0.0.1:${health}/readyz`)).status, 200);

  const to = ["--query-port", String(queryPort), "--type", "echo", "--namespace", "local"];
  const asked = await run(t, ["query", ...to, "--selector", "version=b"]);
  assert.equal(asked.code, 0);
  assert.equal(JSON.parse(asked.out).directorPorts.default, dataPort);

  const probed = await run(t, ["probe", ...to]);
  assert.equal(probed.code, 0, probed.err);
  assert.match(probed.out, /^query ok: token .*\necho ok: "a probe /);

  const counted = ["connect", ...to, "--selector", "version=a", "--interval", "0", "--count", "2"];
  const moved = await run(t, [...counted, "--reset-selector", "version=b"]);
  assert.equal(moved.code, 0, moved.err);
  assert.match(moved.out, /\na packet 1 {2}\(.* ms\)\nmoved the session .*\nb packet 2 {2}\(/);

  const typed = await run(t, ["connect", ...to], "hello\nworld\n");
  assert.match(typed.out, /\na hello {2}\(.*\na world {2}\(/);

  const none = await run(t, ["query", ...to, "--selector", "version=z"]);
  assert.equal(none.code, 1);
  assert.equal(none.err, "udp-director: the director refuses: No matching resources found\n");

  const taken = await run(t, ["serve", "--config", config]);
  assert.equal(taken.code, 2);
  assert.match(
    taken.err,
    /^udp-director: cannot bind TCP port \d+ on 127\.0\.0\.1: another process has it; .*\n$/,
  );

  a.kill("SIGTERM");
  assert.deepEqual(await once(a, "close", { signal: AbortSignal.timeout(5000) }), [0, null]);
  const dead = await run(t, ["probe", ...to, "--timeout", "100"]);
  assert.equal(dead.code, 1);
  assert.match(dead.err, /^udp-director: no packet from UDP 127\.0\.0\.1:\d+ in 100 ms/);

  serve.kill("SIGTERM");
  assert.deepEqual(await once(serve, "close", { signal: AbortSignal.timeout(5000) }), [0, null]);
  const gone = await run(t, ["query", ...to]);
  assert.equal(gone.code, 1);
  assert.equal(
    gone.err,
    `udp-director: nobody listens on TCP 127.0.0.1:${queryPort}; is the director running?\n`,
  );
});

test("the page's query for a port of a range: whoever sends to it reaches the backend", async (t) => {
  const page = await readFile(new URL("../../../docs/director.md", import.meta.url), "utf8");
  const [, command = ""] = /`udp-director (query [^`]* --port-range [^`]*)`/.exec(page) ?? [];
  const [queryPort = 0, dataPort = 0, metricsPort = 0, rangePort = 0, backend = 0] =
    await freePorts(5);
  const config = await file(t, "config.yaml", {
    listen: ["127.0.0.1"],
    ...{ queryPort, dataPort, metricsPort },
    portRanges: [{ name: "legacy", from: rangePort, to: rangePort, leaseSeconds: 60 }],
    resourceQueryMapping: { room: mapping.echo },
    discovery: {
      static: {
        resources: [{ ...echoResource("a", backend), resourceType: "room", namespace: "voice" }],
      },
    },
  });
  const echo = start(t, ["echo", "--host", "127.0.0.1", "--port", `${backend}`, "--label", "a"]);
  await Promise.all([ready(start(t, ["serve", "--config", config])), ready(echo)]);
  const asked = await run(t, [...command.split(" "), "--query-port", `${queryPort}`]);
  assert.equal(asked.code, 0, asked.err);
  const { directorPorts, leaseSeconds } = JSON.parse(asked.out);
  assert.deepEqual(directorPorts, { default: dataPort, legacy: rangePort });
  assert.equal(leaseSeconds, 60);
  const client = await DirectorConnection.open({ host: "127.0.0.1", dataPort: rangePort });
  t.after(() => client.close());
  client.send("x");
  assert.equal(String(await client.receive(20_000)), "a x");

  const unknown = [...command.replace("legacy", "other").split(" "), "--query-port"];
  const refused = await run(t, [...unknown, `${queryPort}`]);
  assert.equal(refused.code, 1);
  assert.equal(refused.err, "udp-director: the director refuses: Unknown port range: other\n");
});

test("a bad configuration lists every mistake and ends with 2", async (t) => {
  const config = await file(t, "config.yaml", { queryPort: 0, typo: 1, resourceQueryMapping: {} });
  const { code, err } = await run(t, ["serve", "--config", config]);
  assert.equal(code, 2);
  const lines = err.trim().split("\n");
  assert.equal(lines[0], `udp-director: ${config} has 4 mistakes:`);
  assert.deepEqual(
    lines
      .slice(1)
      .map((line) => line.trim().split(":")[0])
      .sort(),
    ["discovery", "queryPort", "resourceQueryMapping", "typo"],
  );
});

test("a missing or unreadable configuration says which and what to do", async (t) => {
  const missing = await run(t, ["serve", "--config", "/does/not/exist.yaml"]);
  assert.equal(missing.code, 2);
  assert.equal(
    missing.err,
    "udp-director: cannot read the configuration /does/not/exist.yaml: it does not exist; name a file with --config\n",
  );
  const broken = await run(t, ["serve", "--config", await file(t, "c.yaml", "a: [")]);
  assert.equal(broken.code, 2);
  assert.match(broken.err, /c\.yaml is not YAML: /);
});

test("wrong usage ends with 2 and points to --help, which ends with 0", async (t) => {
  for (const args of [["serve", "--nope"], ["nope"], ["probe"], ["echo", "--port", "0"], []]) {
    const { code, err } = await run(t, args);
    assert.equal(code, 2, args.join(" "));
    assert.match(err, /--help|Usage/);
  }
  const help = await run(t, ["connect", "--help"]);
  assert.equal(help.code, 0);
  assert.match(help.out, /--reset-selector/);
});

test("directory serves its endpoints and can check its configuration", async (t) => {
  const [port = 0] = await freePorts(1);
  const config = await file(t, "directory.yaml", {
    listen: ["127.0.0.1"],
    port,
    endpoints: [
      {
        name: "audio",
        addresses: ["192.0.2.1"],
        ports: [{ name: "audio", port: 8000, protocol: "udp" }],
      },
    ],
  });
  const checked = await run(t, ["directory", "--config", config, "--check"]);
  assert.deepEqual([checked.code, checked.out], [0, `${config} is valid\n`]);
  const directory = start(t, ["directory", "--config", config]);
  await ready(directory);
  const response = await fetch(`http://127.0.0.1:${port}/v1/endpoints/audio`);
  const { protocol } = (await response.json()) as { protocol: string };
  assert.equal(protocol, "UDP");
  directory.kill("SIGINT");
  assert.deepEqual(await once(directory, "close", { signal: AbortSignal.timeout(5000) }), [
    0,
    null,
  ]);
});

test("serve waits for a missing discovery file and still stops at once", async (t) => {
  const [queryPort = 0, dataPort = 0, metricsPort = 0] = await freePorts(3);
  const config = await file(t, "config.yaml", {
    listen: ["127.0.0.1"],
    queryPort,
    dataPort,
    metricsPort,
    resourceQueryMapping: mapping,
    discovery: { file: { path: "/does/not/exist.yaml" } },
  });
  const serve = start(t, ["serve", "--config", config]);
  let told = "";
  for (const wanted = /cannot use discovery file \/does\/not\/exist\.yaml.*not ready until/; ; ) {
    const [text] = await once(serve.stdout, "data", { signal: AbortSignal.timeout(20_000) });
    told += text;
    if (wanted.test(told)) break;
  }
  const response = await fetch(`http://127.0.0.1:${metricsPort}/readyz`);
  assert.equal(response.status, 503);
  assert.deepEqual(await response.json(), { status: "not ready", waitingFor: ["discovery"] });
  serve.kill("SIGTERM");
  assert.deepEqual(await once(serve, "close", { signal: AbortSignal.timeout(5000) }), [0, null]);
});
