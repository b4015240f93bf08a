import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { withFileLock } from "./file-lock.ts";

const folder = await mkdtemp(path.join(tmpdir(), "file-lock-"));
after(() => rm(folder, { recursive: true, force: true }));

const MODULE = JSON.stringify(fileURLToPath(new URL("./file-lock.ts", import.meta.url)));

test("one process works at a time, and nothing is left", async () => {
  const [place, log] = [path.join(folder, "turns"), path.join(folder, "log")];
  const worker = `
    import { appendFile } from "node:fs/promises";
    import { setTimeout as pause } from "node:timers/promises";
    import { withFileLock } from ${MODULE};
    const [place, log, name] = process.argv.slice(1);
    for (let turn = 0; turn < 5; turn++) {
      await withFileLock(place + "/lock", async () => {
        await appendFile(log, name + "\\n");
        await pause(5);
        await appendFile(log, name + "\\n");
      });
    }`;
  const args = (name: string) => ["--input-type=module", "-e", worker, place, log, name];
  const workers = ["a", "b", "c"].map((name) => spawn(process.execPath, args(name)));
  for (const [code] of await Promise.all(workers.map((child) => once(child, "exit")))) {
    assert.equal(code, 0);
  }
  const lines = (await readFile(log, "utf8")).trim().split("\n");
  assert.equal(lines.length, 30);
  for (let turn = 0; turn < lines.length; turn += 2) assert.equal(lines[turn], lines[turn + 1]);
  assert.deepEqual(await readdir(place), []);
});

test("whoever waits hears who is at work", async () => {
  const file = path.join(folder, "told");
  const heard: number[] = [];
  let second: Promise<void> | undefined;
  await withFileLock(file, async () => {
    const listen = (holder: number) => heard.push(holder);
    second = withFileLock(file, async () => {}, listen);
    while (heard.length === 0) await pause(1);
  });
  await second;
  assert.deepEqual(heard, [process.pid]);
});

test("the file of a process that was killed at work is taken over", async () => {
  const file = path.join(folder, "killed");
  const worker = `
    import { withFileLock } from ${MODULE};
    await withFileLock(process.argv[1], async () => process.kill(process.pid, "SIGKILL"));`;
  const args = ["--input-type=module", "-e", worker, file];
  assert.equal(spawnSync(process.execPath, args).signal, "SIGKILL");
  assert.match(await readFile(file, "utf8"), /^\d+ /);
  assert.equal(await withFileLock(file, async () => "done"), "done");
  await assert.rejects(readFile(file), { code: "ENOENT" });
});

test("so is a file that nobody has touched, whatever lives under its number", async () => {
  for (const text of [`${process.pid} other`, ""]) {
    const file = path.join(folder, "untouched");
    await writeFile(file, text);
    const before = new Date(Date.now() - 60_000);
    await utimes(file, before, before);
    assert.equal(await withFileLock(file, async () => "done"), "done");
  }
});

test("work that throws gives the file back", async () => {
  const file = path.join(folder, "thrown");
  const failing = withFileLock(file, async () => {
    throw new Error("out of order");
  });
  await assert.rejects(failing, /out of order/);
  assert.equal(await withFileLock(file, async () => "done"), "done");
});
