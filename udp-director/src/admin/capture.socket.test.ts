import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { query } from "../client/index.ts";
import type { DirectorConfigInput } from "../config/schema.ts";
import { echoResource, testConfig, testDirector, testEcho } from "../testing/director.ts";
import { hearEvents } from "../testing/events.ts";
import { traffic } from "../testing/traffic.ts";

const BIN = new URL("../../bin/udp-director.js", import.meta.url).pathname;
const SECTION = "0a0d0d0a";

async function setting(t: TestContext, admin: DirectorConfigInput["admin"] = {}) {
  const echo = await testEcho(t, "a");
  const lines: object[] = [];
  const director = await testDirector(t, testConfig([echoResource("a", echo.port)], { admin }), {
    log: {
      info: (fields, message) => void lines.push({ ...fields, message }),
      warn: () => undefined,
    },
  });
  const { token } = await query(director.at, { resourceType: "echo", namespace: "local" });
  const client = await traffic(t, director, token, 2);
  await client.answeredBy("a");
  const base = `http://127.0.0.1:${director.adminPort}`;
  const captures = () =>
    lines.filter((line) => /^capture /.test((line as { message: string }).message));
  return { director, client, base, captures, url: `${base}/v1/sessions/1/capture` };
}

const head = async (response: Response) =>
  Buffer.from(await response.arrayBuffer())
    .subarray(0, 4)
    .toString("hex");

test("a capture ends at its bound, and who took it is in the log and the events", async (t) => {
  const { base, url, captures } = await setting(t);
  const heard = await hearEvents(t, base);
  const response = await fetch(`${url}?packets=5`);
  assert.equal(response.headers.get("content-type"), "application/x-pcapng");
  assert.equal(await head(response), SECTION);
  await heard.find((event) => event.kind === "capture_ended" && event.packets === 5);
  const [started, ended] = captures() as Record<string, unknown>[];
  assert.deepEqual(
    [started?.message, started?.session, started?.by, started?.packets],
    ["capture started", 1, "127.0.0.1", 5],
  );
  assert.deepEqual(
    [ended?.message, ended?.reason, ended?.packets],
    ["capture ended", "packets", 5],
  );
});

test("a capture ends with its time, its session and its reader", async (t) => {
  const { base, url, client } = await setting(t);
  const heard = await hearEvents(t, base);
  const because = (reason: string) =>
    heard.find((event) => event.kind === "capture_ended" && event.reason === reason);
  assert.equal(await head(await fetch(`${url}?seconds=1`)), SECTION);
  await because("time");
  const abort = new AbortController();
  await fetch(url, { signal: abort.signal });
  abort.abort();
  await because("reader left");
  const response = await fetch(url);
  await client.stop();
  await fetch(`${base}/v1/sessions/1`, { method: "DELETE" });
  assert.equal(await head(response), SECTION);
  await because("session ended");
});

test("captures are bounded in number, and can be forbidden", async (t) => {
  const { base, url } = await setting(t);
  assert.equal((await fetch(`${base}/v1/sessions/9/capture`)).status, 404);
  for (const bad of ["seconds=0", "packets=0", "snaplen=10", "other=1"]) {
    assert.equal((await fetch(`${url}?${bad}`)).status, 400, bad);
  }
  const open = await Promise.all([1, 2, 3, 4].map(() => fetch(url)));
  assert.equal((await fetch(url)).status, 503);
  await Promise.all(open.map(({ body }) => body?.cancel()));
  const forbidden = await setting(t, { captures: false });
  const refused = await fetch(forbidden.url);
  assert.equal(refused.status, 403);
  assert.deepEqual(await refused.json(), { error: "admin.captures is false" });
});

test("sessions capture writes a file, or standard output, or says why not", async (t) => {
  const { base } = await setting(t);
  const folder = await mkdtemp(join(tmpdir(), "udp-director-capture-"));
  t.after(() => rm(folder, { recursive: true }));
  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, [BIN, "sessions", "capture", ...args, "--admin", base], {
      encoding: "buffer",
    });
  const file = join(folder, "one.pcapng");
  const { stdout } = await run("1", "-o", file, "--packets", "3", "--seconds", "60");
  assert.equal(stdout.toString(), `wrote ${file}\n`);
  assert.equal((await readFile(file)).subarray(0, 4).toString("hex"), SECTION);
  const piped = await run("1", "-o", "-", "--packets", "3");
  assert.equal(piped.stdout.subarray(0, 4).toString("hex"), SECTION);
  await assert.rejects(run("9", "-o", file), /the director refuses: no session 9/);
  await assert.rejects(run("1", "-o", join(folder, "no/such")), /cannot write .*ENOENT/);
});

test("packets go on while nobody reads the capture", async (t) => {
  const { base, client } = await setting(t);
  const { port } = new URL(base);
  const socket = connect(Number(port), "127.0.0.1");
  t.after(() => socket.destroy());
  await once(socket, "connect");
  socket.pause();
  socket.write("GET /v1/sessions/1/capture HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  const before = client.count.received;
  for (let n = 0; n < 1000 && client.count.received < before + 100; n++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.ok(client.count.received >= before + 100);
});
