import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { query } from "../client/index.ts";
import { echoResource, testConfig, testDirector, testEcho } from "../testing/director.ts";
import { traffic } from "../testing/traffic.ts";
import { columns } from "./sessions.ts";

const BIN = new URL("../../bin/udp-director.js", import.meta.url).pathname;

/** Runs a command as a process of its own. */
async function command(t: TestContext, args: readonly string[]) {
  const child = spawn(process.execPath, [BIN, ...args]);
  t.after(() => void (child.exitCode === null && child.kill("SIGKILL")));
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    err += chunk;
  });
  const [code] = await once(child, "close", { signal: AbortSignal.timeout(20_000) });
  return { code, out, err };
}

const sessions = (t: TestContext, args: readonly string[]) => command(t, ["sessions", ...args]);

test("sessions list, show, move and kill do it to live sessions", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "udp-director-sessions-"));
  t.after(() => rm(folder, { recursive: true }));
  const tokenFile = join(folder, "token");
  await writeFile(tokenFile, "secret\n");
  const resources = [];
  for (const name of ["a", "b"]) resources.push(echoResource(name, (await testEcho(t, name)).port));
  const director = await testDirector(t, testConfig(resources, { admin: { tokenFile } }));
  const wanted = { resourceType: "echo", namespace: "local" };
  const clients = [];
  for (let n = 0; n < 3; n++) {
    const { token } = await query(director.at, wanted);
    clients.push(await traffic(t, director, token, 10));
  }
  await Promise.all(clients.map((client) => client.answeredBy("a")));
  const at = ["--admin", `http://127.0.0.1:${director.adminPort}`, "--token-file", tokenFile];

  const listed = await sessions(t, ["list", ...at]);
  const lines = listed.out.trim().split("\n");
  assert.match(lines[0] ?? "", /^ID {2}CLIENT +BACKEND +STATE +MOVES {2}AGE +IDLE$/);
  assert.equal(lines.length, 4);
  assert.match(lines[3] ?? "", /^3 {3}127\.0\.0\.1:\d+ +echo\/local\/a {2}present {2}0 {6}[\d.]+s/);
  const json = await sessions(t, ["list", ...at, "--selector", "version=a", "--json"]);
  assert.deepEqual(
    json.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).id),
    [1, 2, 3],
  );

  const moved = await sessions(t, ["move", "1", ...at, "--to-resource", "echo/local/b"]);
  assert.deepEqual([moved.code, moved.out], [0, "moved 1 of 1, 0 stayed\n"]);
  await clients[0]?.answeredBy("b");
  const all = await sessions(t, ["move", ...at, "--from-selector", "version=a", "--to-any"]);
  assert.deepEqual([all.code, all.out], [0, "moved 2 of 2, 0 stayed\n"]);
  await Promise.all(clients.map((client) => client.answeredBy("b")));
  const again = await sessions(t, ["move", "1", ...at, "--to-resource", "echo/local/b"]);
  assert.equal(again.code, 1);
  assert.match(again.out, /moved 0 of 1, 1 stayed \(it has this backend already\)/);

  const top = await command(t, ["top", ...at, "--count", "1", "--interval", "1"]);
  assert.equal(top.code, 0, top.err);
  assert.match(top.out, /^up \d+ s, 3 sessions of 1 addresses/);
  assert.match(top.out, /\nclients +[1-9]/);
  assert.match(top.out, /\necho\/local\/b {2}present {2}3\n/);
  assert.match(top.out, /\n[\d:]{8} {2}session_moved +3: .* to echo\/local\/b \(operator\)\n/);

  assert.equal(JSON.parse((await sessions(t, ["show", "2", ...at])).out).resource, "echo/local/b");
  assert.equal(
    (await sessions(t, ["kill", "2", "3", ...at])).out,
    "ended session 2\nended session 3\n",
  );
  const gone = await sessions(t, ["show", "2", ...at]);
  assert.deepEqual(
    [gone.code, gone.err],
    [1, "udp-director: the director refuses: no session 2\n"],
  );

  const locked = await sessions(t, ["list", "--admin", at[1] ?? ""]);
  assert.equal(locked.code, 1);
  assert.match(locked.err, /Authorization: Bearer/);
  for (const wrong of [
    ["move", "1"],
    ["move", "--to-any"],
    ["move", "1", "--to-any", "--to-resource", "a/b/c"],
    ["nope"],
    ["show"],
  ]) {
    assert.equal((await sessions(t, wrong)).code, 2, wrong.join(" "));
  }
  await director.close();
  const silent = await sessions(t, ["list", ...at]);
  assert.equal(silent.code, 1);
  assert.match(silent.err, /^udp-director: no answer from http.*admin block/);
});

test("columns are as wide as their widest cell", () => {
  assert.deepEqual(
    columns([
      ["a", "bb"],
      ["ccc", "d"],
    ]),
    ["a    bb", "ccc  d"],
  );
});
