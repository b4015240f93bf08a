import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createWorldFolder, fileStore, memoryStore } from "./store.ts";
import { addressesIn, newWorld, type World, withObject } from "./world.ts";

const folder = await mkdtemp(path.join(tmpdir(), "pulumi-udp-store-"));
after(() => rm(folder, { recursive: true, force: true }));

const add = (name: string) => (world: World) => ({
  world: withObject(world, {
    cloud: "c",
    scope: "s",
    type: "t",
    id: name,
    urn: name,
    inputs: {},
    outputs: {},
  }),
  result: name,
});

test("several processes write one world without losing each other's objects", async () => {
  const shared = path.join(folder, "shared");
  await createWorldFolder(shared, { zones: ["example.com"] });
  const writer = `
    import { fileStore } from ${JSON.stringify(fileURLToPath(new URL("./store.ts", import.meta.url)))};
    const store = fileStore(${JSON.stringify(shared)});
    await Promise.all(Array.from({ length: 20 }, (_, index) => store.transact((world) => ({
      world: { ...world, serial: world.serial + 1, objects: [...world.objects, { id: process.argv[1] + index }] },
      result: undefined,
    }))));`;
  const run = promisify(execFile);
  await Promise.all(
    ["a", "b", "c"].map((name) =>
      run(process.execPath, ["--input-type=module", "-e", writer, name]),
    ),
  );
  const world = await fileStore(shared).read();
  assert.equal(world.serial, 60);
  assert.equal(new Set(world.objects.map((object) => object.id)).size, 60);
  assert.deepEqual(world.seed, { zones: ["example.com"] });
  assert.deepEqual(await readdir(shared), ["world.json"]);
});

test("the lock of a process that died is broken", async () => {
  const left = path.join(folder, "left");
  const store = await createWorldFolder(left);
  // Larger than any process id on Linux (the limit is 2^22).
  await writeFile(path.join(left, "lock"), "4194305");
  await store.transact(add("x"));
  assert.equal((await store.read()).objects.length, 1);
});

test("a change that throws leaves the world as it was", async () => {
  for (const store of [memoryStore(), fileStore(path.join(folder, "thrown"))]) {
    await store.transact(add("kept"));
    await assert.rejects(
      store.transact(() => {
        throw new Error("refused");
      }),
      /refused/,
    );
    assert.equal(await store.transact(add("next")), "next");
    assert.deepEqual(
      (await store.read()).objects.map((object) => object.id),
      ["kept", "next"],
    );
  }
});

test("a world that was never written is a new one", async () => {
  assert.deepEqual(await fileStore(path.join(folder, "nowhere")).read(), newWorld());
});

test("an address that something of any cloud has is taken", () => {
  const object = { cloud: "aws", scope: "s", type: "t", id: "i", urn: "u", inputs: {} };
  const world = withObject(newWorld(), {
    ...object,
    outputs: { nested: [{ ip: "192.0.2.7" }], other: "10.0.0.1" },
  });
  assert.deepEqual([...addressesIn(world)], ["192.0.2.7"]);
});
