import assert from "node:assert/strict";
import { test } from "node:test";
import { handBack } from "./hand-back.ts";
import type { FoundRoute } from "./offload.ts";

const going = () => false;

/** Routes of clients by their ports; sessions of those in `live` are there. */
function scene(ports: readonly number[], live: Set<number>) {
  const withdrawn: number[] = [];
  const found = ports.map((port): FoundRoute => {
    const socket = { address: "192.0.2.1", port };
    return {
      ...{ client: socket, dataPort: 7777, backend: socket, source: socket, direct: true },
      claim: () => ({ source: socket, withdraw: async () => undefined }),
      withdraw: async () => void withdrawn.push(port),
    };
  });
  const adopt = (routes: readonly FoundRoute[]) =>
    routes.filter(({ client }) => !live.has(client.port));
  return { found, adopt, withdrawn };
}

test("without a shared store what is of no session is withdrawn, the others before anything else happens", async () => {
  const live = new Set([1, 3]);
  const { found, adopt, withdrawn } = scene([1, 2, 3], live);
  const handed = handBack(found, { adopt, stopped: going });
  // A session that ends right then was its owner.
  live.clear();
  assert.deepEqual(await handed, { adopted: 2, withdrawn: 1 });
  assert.deepEqual(withdrawn, [2]);
});

test("a shared store is asked once about each client, some at a time, and what it does not know is withdrawn", async () => {
  const ports = Array.from({ length: 200 }, (_, n) => n + 1);
  const live = new Set([1]);
  // Each client has two routes.
  const { found, adopt, withdrawn } = scene([...ports, ...ports], live);
  const asked: number[] = [];
  let now = 0;
  let most = 0;
  const recall = async (_address: string, port: number) => {
    asked.push(port);
    most = Math.max(most, ++now);
    await new Promise(setImmediate);
    now--;
    if (port % 2 === 0) live.add(port);
  };
  assert.deepEqual(await handBack(found, { adopt, recall, stopped: going }), {
    adopted: 202,
    withdrawn: 198,
  });
  assert.deepEqual(asked, ports.slice(1));
  assert.ok(most > 1 && most <= 64, `${most} at a time`);
  assert.equal(withdrawn.length, 198);
  assert.ok(withdrawn.every((port) => port % 2 === 1 && port > 1));
});

test("nobody is asked any more once all ends", async () => {
  const { found, adopt } = scene([1, 2], new Set());
  const recall = () => assert.fail("asked");
  await handBack(found, { adopt, recall, stopped: () => true });
});
