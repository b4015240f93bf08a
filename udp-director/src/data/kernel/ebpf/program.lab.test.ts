import assert from "node:assert/strict";
import { randomBytes, randomInt } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { DATA, MAGIC, Scene, V4, V6 } from "../../../testing/lab/scene.ts";
import type { KernelCounts } from "../counts.ts";
import type { Flow } from "../flow.ts";
import { type End, type PacketFields, packet, read } from "./testing/packets.ts";
import type { Asked } from "./testing/program-host.ts";

/** The kernel runs the program on packets whose every byte is known here. */

/** What it says of a packet: the kernel goes on as ever, or sends it by another device. */
const NEXT = 0xffff_ffff | 0;
const REDIRECT = 7;

let scene: Scene;
let ask: (asked: Asked) => Promise<unknown>;
let device = { ifindex: 0, address: "" };

before(async () => {
  scene = await Scene.open();
  const shown = await scene.director.run("ip", "-json", "link", "show", "dev", "to-client");
  [device] = JSON.parse(shown);
  ask = startProgram(process.execPath);
});
after(() => scene.close());

/** Starts a process with the program, by Node or something that ends with it. */
function startProgram(command: string, ...args: readonly string[]): typeof ask {
  const host = join(import.meta.dirname, "testing/program-host.ts");
  const child = scene.director.start(command, [...args, host, MAGIC.toString("hex")]);
  child.stderr?.pipe(process.stderr);
  if (child.stdin === null || child.stdout === null) throw new Error("no pipes");
  const { stdin } = child;
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async (asked) => {
    stdin.write(`${JSON.stringify(asked)}\n`);
    const { value, done } = await lines.next();
    assert.ok(!done, "the program's host has ended");
    return JSON.parse(value);
  };
}

async function run(fields: Omit<PacketFields, "mac" | "payload"> & { payload?: Buffer }) {
  const sent = packet({ mac: device.address, payload: Buffer.from("hello"), ...fields });
  const asked = { frame: sent.toString("hex"), device: device.ifindex };
  const { verdict, frame } = (await ask(asked)) as { verdict: number; frame: string };
  return { verdict: verdict | 0, sent, frame: Buffer.from(frame, "hex") };
}

let sources = 30_000;
function flow(at: typeof V4, port = randomInt(1024, 65_536)): Flow {
  return {
    client: { address: at.client, port },
    dataPort: DATA,
    backend: { address: at.backend, port: 9001 },
    source: { address: at.far, port: ++sources },
  };
}
const toDirector = ({ client }: Flow, at = V4) => ({
  from: client,
  to: { address: at.near, port: DATA },
});
const toSource = ({ backend, source }: Flow) => ({ from: backend, to: source });

/** A flow whose first packets have gone the long way. */
async function established(at: typeof V4): Promise<Flow> {
  const made = flow(at);
  await ask({ add: made });
  assert.equal((await run(toSource(made))).verdict, NEXT, "where to answer from is not known");
  assert.equal((await run(toDirector(made, at))).verdict, NEXT);
  assert.equal((await run(toSource(made))).verdict, NEXT, "first of its epoch");
  return made;
}

for (const [version, at] of [
  ["IPv4", V4],
  ["IPv6", V6],
] as const) {
  test(`${version}: packets of a flow leave with new addresses and ports, whole`, async () => {
    const made = await established(at);
    const near: End = { address: at.near, port: DATA };
    for (let n = 0; n < 200; n++) {
      const payload = randomBytes(randomInt(0, 1300));
      const [sent, from, to] =
        n % 2 === 0
          ? [toDirector(made, at), made.source, made.backend]
          : [toSource(made), near, made.client];
      const hops = randomInt(2, 256);
      const { verdict, frame } = await run({ ...sent, payload, hops });
      assert.equal(verdict, REDIRECT);
      const got = read(frame);
      assert.deepEqual([got.from, got.to, got.hops], [from, to, hops - 1]);
      assert.deepEqual(got.payload, payload);
      assert.ok(got.intact, `checksums of ${frame.toString("hex")}`);
    }
  });

  test(`${version}: a packet without a checksum gets none`, async () => {
    const made = await established(at);
    const { verdict, frame } = await run({ ...toDirector(made, at), unchecked: true });
    assert.equal(verdict, REDIRECT);
    assert.ok(read(frame).unchecked);
  });

  test(`${version}: what needs thought goes the long way, as it came`, async () => {
    const made = await established(at);
    const mine = toDirector(made, at);
    const cases: Record<string, Parameters<typeof run>[0]> = {
      "a control packet": { ...mine, payload: Buffer.concat([MAGIC, Buffer.from("token")]) },
      "its last hop": { ...mine, hops: 1 },
      "longer than what fits": { ...mine, payload: Buffer.alloc(1473) },
      "another protocol": { ...mine, protocol: 132 },
      "a length that is not there": { ...mine, length: 1000 },
      "a length of less than its headers": { ...mine, length: 7 },
      "another client": { ...mine, from: { ...mine.from, port: mine.from.port ^ 1 } },
      "another port": { ...mine, to: { ...mine.to, port: DATA + 1 } },
      "passing through": { ...mine, to: { ...mine.to, address: at.backend } },
      "an answer of somebody else": {
        ...toSource(made),
        from: { address: at.client, port: made.backend.port },
      },
    };
    if (version === "IPv4") {
      Object.assign(cases, {
        options: { ...mine, options: 4 },
        "a first fragment": { ...mine, fragment: 0x2000 },
        "a last fragment": { ...mine, fragment: 7 },
      });
    }
    for (const [name, fields] of Object.entries(cases)) {
      const { verdict, sent, frame } = await run(fields);
      assert.equal(verdict, NEXT, name);
      assert.deepEqual(frame, sent, name);
    }
    const almost = Buffer.concat([MAGIC.subarray(0, 3), Buffer.from("data")]);
    assert.equal((await run({ ...mine, payload: almost })).verdict, REDIRECT, "nearly a magic");
    assert.equal((await run({ ...mine, payload: Buffer.alloc(1000) })).verdict, REDIRECT);
  });

  test(`${version}: one packet of each direction an epoch goes the long way`, async () => {
    const made = await established(at);
    for (let epoch = 0; epoch < 3; epoch++) {
      for (const sent of [toDirector(made, at), toSource(made)]) {
        assert.equal((await run(sent)).verdict, REDIRECT);
      }
      await ask({ epoch: true });
      for (const sent of [toSource(made), toDirector(made, at)]) {
        assert.equal((await run(sent)).verdict, NEXT);
        assert.equal((await run(sent)).verdict, REDIRECT);
      }
    }
  });

  test(`${version}: a flow that is removed is forgotten at once`, async () => {
    const made = await established(at);
    assert.equal((await run(toDirector(made, at))).verdict, REDIRECT);
    await ask({ remove: made });
    for (const sent of [toDirector(made, at), toSource(made)]) {
      assert.equal((await run(sent)).verdict, NEXT);
    }
  });
}

test("counts packets and payload by size, and only what it forwards", async () => {
  const made = await established(V4);
  const before = (await ask({ counts: true })) as KernelCounts;
  for (const length of [0, 64, 65, 1400]) {
    await run({ ...toDirector(made), payload: Buffer.alloc(length) });
  }
  await run({ ...toSource(made), payload: Buffer.alloc(100) });
  await run({ ...toDirector(made), hops: 1 });
  const now = (await ask({ counts: true })) as KernelCounts;
  assert.equal(now.toBackend.packets - before.toBackend.packets, 4);
  assert.equal(now.toBackend.bytes - before.toBackend.bytes, 1529);
  const more = now.toBackend.sizes?.map((count, at) => count - (before.toBackend.sizes?.[at] ?? 0));
  assert.deepEqual(more, [2, 1, 0, 0, 0, 1, 0, 0, 0, 0]);
  assert.equal(now.toClient.packets - before.toClient.packets, 1);
  assert.equal(now.toClient.bytes - before.toClient.bytes, 100);
});

test("is loaded under a profiler, whose signals would end the kernel's check", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "udp-director-profile-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const profiled = startProgram(process.execPath, "--cpu-prof", `--cpu-prof-dir=${folder}`);
  const { toBackend } = (await profiled({ counts: true })) as KernelCounts;
  assert.equal(toBackend.packets, 0);
});

test("without a file descriptor left it keeps to the addresses and devices that it knows", async () => {
  const limited = startProgram("prlimit", "--nofile=64", "--", process.execPath);
  assert.ok(((await limited({ exhaust: true })) as number) > 0);
  assert.equal(await limited({ epoch: true }), null);
  const { toClient } = (await limited({ counts: true })) as KernelCounts;
  assert.equal(toClient.packets, 0);
});
