import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { LabHost, labMissing } from "../../testing/lab/lab.ts";

const missing = await labMissing();

/** Runs in a host of its own: 20,000 elements, listed three times. */
const PROGRAM = `
import { Nft } from ${JSON.stringify(join(import.meta.dirname, "nft.ts"))};
import { listedCounters, listedMarks } from ${JSON.stringify(join(import.meta.dirname, "flow.ts"))};
const nft = await Nft.start();
await nft.run(
  "add table ip t; add counter ip t seen { packets 3 bytes 99 }",
  "add set ip t marks { type mark; flags timeout; timeout 1h; }",
);
for (let n = 0; n < 20_000; n += 500) {
  const some = Array.from({ length: 500 }, (_, k) => (n + k + 1) * 256);
  await nft.run("add element ip t marks { " + some.join(", ") + " }");
}
let least = Infinity;
let marks = [];
for (let n = 0; n < 3; n++) {
  const before = process.cpuUsage();
  marks = [...listedMarks(await nft.run("list set ip t marks"))];
  const { user, system } = process.cpuUsage(before);
  least = Math.min(least, (user + system) / marks.length);
}
const { seen } = listedCounters(await nft.run("reset counters table ip t"));
const { seen: again } = listedCounters(await nft.run("reset counters table ip t"));
const took = async (command) => {
  let least = Infinity;
  for (let n = 0; n < 5; n++) {
    const started = performance.now();
    await nft.run(command);
    least = Math.min(least, performance.now() - started);
  }
  return least;
};
const counting = (await took("reset counters table ip t")) / (await took("list set ip t marks"));
const lister = await Nft.start("listed");
const list = lister.run("list set ip t marks").then(() => done.push("list"));
const done = [];
for (let n = 0; n < 3; n++) {
  await nft.run("add element ip t marks { " + (n + 1) + " }");
  done.push("change");
}
await list;
await lister.close();
const mistake = await nft.run("add element ip t none { 1 }").catch(({ message }) => message);
await nft.close();
console.log(JSON.stringify({ count: new Set(marks).size, last: Math.max(...marks), least, mistake, seen, again, done, counting }));
`;

test("long listings come whole, cost this process little, and hold no change up", {
  skip: missing ?? false,
}, async (t) => {
  const host = await LabHost.open("lists");
  t.after(() => host.close());
  const run = ["--input-type=module-typescript", "--eval", PROGRAM];
  const home = await mkdtemp(join(tmpdir(), "udp-director-home-"));
  t.after(() => rm(home, { recursive: true, force: true }));
  const found = JSON.parse(await host.run("env", `HOME=${home}`, process.execPath, ...run));
  assert.deepEqual(await readdir(home), [], "no history that gets longer");
  assert.deepEqual([found.count, found.last], [20_000, 20_000 * 256]);
  assert.deepEqual(found.seen, { packets: 3, bytes: 99 });
  assert.deepEqual(found.again, { packets: 0, bytes: 0 }, "counted once");
  // It takes a hundred times as long as a change, and more where changes make it begin again.
  assert.deepEqual(found.done, ["change", "change", "change", "list"]);
  // To list a counter nft reads every element of every set first.
  assert.ok(found.counting < 0.1, `counters take ${found.counting} of what elements take`);
  assert.match(found.mistake, /^nft: No such file/);
  // 0.5 to 1.5 µs; as text, which nft flushes by the word, 15 to 20, and 300 when all of it was
  // looked at again with each part.
  assert.ok(found.least < 8, `${found.least} µs an element`);
});
