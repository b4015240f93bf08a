import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { identify, isAlive, parseStat } from "./identity.ts";

/** Fields 3 to 25, by state and number of threads. */
const fields = (state: string, threads: number) =>
  `${state} 1 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 ${threads} 0 987654 1 2 3`;
const AFTER_NAME = fields("S", 1);

test("the start time is read behind a command name with blanks and brackets", () => {
  assert.deepEqual(parseStat(7, `7 (tricky) (name) ${AFTER_NAME}`, "boot"), {
    pid: 7,
    started: "boot/987654",
  });
});

test("a zombie is no process", () => {
  assert.equal(parseStat(7, `7 (x) ${fields("Z", 1)}`, "boot"), undefined);
});

test("a zombie whose threads still hold its sockets has not ended", () => {
  assert.deepEqual(parseStat(7, `7 (x) ${fields("Z", 11)}`, "boot"), {
    pid: 7,
    started: "boot/987654",
  });
});

test("a truncated record names nothing", () => {
  assert.equal(parseStat(7, "7 (x) S 1 1", "boot"), undefined);
});

test("a live process is itself, and not another run of the same number", async () => {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  await once(child, "spawn");
  try {
    const identity = await identify(child.pid ?? 0);
    assert.ok(identity);
    assert.equal(await isAlive(identity), true);
    assert.equal(await isAlive({ ...identity, started: "another boot/1" }), false);
  } finally {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  assert.equal(await identify(child.pid ?? 0), undefined);
});

test("numbers that no process of ours can have are never looked up", async () => {
  assert.equal(await identify(0), undefined);
  assert.equal(await identify(1), undefined);
  assert.equal(await identify(-5), undefined);
});
