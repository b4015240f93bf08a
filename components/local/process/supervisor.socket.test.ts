import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { freePort } from "../../testing/free-port.ts";
import { identify, isAlive, type ProcessIdentity } from "./identity.ts";
import { isServing, type ProcessSpec, start, stop } from "./supervisor.ts";

const never = new AbortController().signal;
const ECHO = `
const socket = require("node:dgram").createSocket("udp4");
socket.on("message", (message, { port, address }) => socket.send(message, port, address));
socket.bind(Number(process.argv[1]), "127.0.0.1", () => console.log("listening"));
`;
let folder = "";
const started: ProcessIdentity[] = [];

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "supervisor-"));
});

after(async () => {
  for (const identity of started) {
    await stop(identity, { workDir: folder, stopTimeoutSeconds: 1 });
  }
  await rm(folder, { recursive: true, force: true });
});

async function echo(name: string, changes: Partial<ProcessSpec> = {}): Promise<ProcessSpec> {
  const port = await freePort();
  return {
    workDir: path.join(folder, name),
    command: [process.execPath, "-e", ECHO, String(port)],
    env: {},
    files: { "settings.txt": name },
    listens: [{ protocol: "UDP", host: "127.0.0.1", port, setting: "the port" }],
    health: { udpEcho: { host: "127.0.0.1", port } },
    startTimeoutSeconds: 10,
    stopTimeoutSeconds: 2,
    ...changes,
  };
}

async function begin(spec: ProcessSpec): Promise<ProcessIdentity> {
  const identity = await start(spec, never);
  started.push(identity);
  return identity;
}

test("a process is healthy when start returns, writes its log, and ends on stop", async () => {
  const spec = await echo("whole");
  const identity = await begin(spec);
  assert.equal(await isServing(identity, spec.health), true);
  assert.equal(await readFile(path.join(spec.workDir, "process.log"), "utf8"), "listening\n");
  assert.equal(await readFile(path.join(spec.workDir, "settings.txt"), "utf8"), "whole");
  await stop(identity, spec);
  assert.equal(await isAlive(identity), false);
  await stop(identity, spec);
});

test("starting again in a folder ends the run that was left there", async () => {
  const spec = await echo("left-over");
  const first = await begin(spec);
  const second = await begin(spec);
  assert.equal(await isAlive(first), false);
  assert.equal(await isServing(second, spec.health), true);
});

test("a note that names a reused number ends nobody", async () => {
  const bystander = await begin(await echo("bystander"));
  const spec = await echo("reused");
  const identity = await begin(spec);
  await stop(identity, spec);
  const note = JSON.stringify({ pid: bystander.pid, started: "an earlier boot/1" });
  await writeFile(path.join(spec.workDir, "process.json"), note);
  await begin(spec);
  assert.equal(await isAlive(bystander), true);
});

test("a taken port is one line that names the port and the setting, and nothing is started", async () => {
  const spec = await echo("taken");
  const squatter = createSocket("udp4").bind(spec.listens[0]?.port, "127.0.0.1");
  await once(squatter, "listening");
  try {
    await assert.rejects(start(spec, never), (error: Error) => {
      assert.match(
        error.message,
        /^UDP port \d+ on 127\.0\.0\.1 is taken .* set the port to a free/,
      );
      assert.equal(error.message.includes("\n"), false);
      return true;
    });
  } finally {
    squatter.close();
  }
});

test("a taken TCP port is found too", async () => {
  const squatter = createServer().listen(0, "127.0.0.1");
  await once(squatter, "listening");
  const { port } = squatter.address() as AddressInfo;
  const listens = [{ protocol: "TCP", host: "127.0.0.1", port, setting: "s" }] as const;
  try {
    await assert.rejects(start(await echo("tcp", { listens }), never), /^Error: TCP port .* taken/);
  } finally {
    squatter.close();
  }
});

test("a process that ends at once is told with its code and the end of its log", async () => {
  const command = [process.execPath, "-e", "console.error('no such thing'); process.exit(3)"];
  await assert.rejects(
    start(await echo("dies", { command }), never),
    /ended \(exit code 3\) before it was healthy.*\n.*no such thing/,
  );
});

test("a process that never gets healthy is ended again", async () => {
  const command = [process.execPath, "-e", "console.log(process.pid); setInterval(() => {}, 1000)"];
  const spec = await echo("hangs", { command, startTimeoutSeconds: 1 });
  await assert.rejects(start(spec, never), /was not healthy within 1 s/);
  const pid = Number(await readFile(path.join(spec.workDir, "process.log"), "utf8"));
  assert.equal(await identify(pid), undefined);
});

test("a process that ignores SIGTERM is killed", async () => {
  const stubborn = await echo("stubborn", { stopTimeoutSeconds: 0.2 });
  const port = stubborn.command.at(-1) ?? "";
  const code = `process.on("SIGTERM", () => {});${ECHO}`;
  const spec = { ...stubborn, command: [process.execPath, "-e", code, port] };
  const identity = await begin(spec);
  await stop(identity, spec);
  assert.equal(await isAlive(identity), false);
});

test("a program that is not there is named", async () => {
  await assert.rejects(
    start(await echo("missing", { command: ["/nonexistent/program"] }), never),
    /\/nonexistent\/program cannot be started: ENOENT/,
  );
});

test("a live process that does not answer is not serving", async () => {
  const spec = await echo("mute");
  const identity = await begin(spec);
  assert.equal(
    await isServing(identity, { udpEcho: { host: "127.0.0.1", port: await freePort() } }),
    false,
  );
});
