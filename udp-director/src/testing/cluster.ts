import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

/** Test support: what tests against a real API server share. */

/** Above the longest wait between two tries (30 s): on a busy machine several tries fail. Milliseconds. */
const SOON_MS = 45_000;

/** Waits until `read` gives `wanted`; fails with the difference. */
export async function eventually<T>(
  what: string,
  read: () => T | Promise<T>,
  wanted: T,
): Promise<void> {
  const end = Date.now() + SOON_MS;
  for (let last: T; ; await pause(5)) {
    last = await read();
    if (JSON.stringify(last) === JSON.stringify(wanted)) return;
    if (Date.now() > end) assert.deepEqual(last, wanted, what);
  }
}

/** Game servers of Agones, by their main port. */
export const gameMapping = {
  ...{ group: "agones.dev", version: "v1", resource: "gameservers" },
  ...{ addressPath: "status.address", portName: "default" },
};

export const gamesIn = (namespace: string) =>
  `/apis/agones.dev/v1/namespaces/${namespace}/gameservers`;

/** A game server that is ready at this port of the loopback. */
export function gameServer(name: string, port: number, labels: Record<string, string> = {}) {
  return {
    ...{ apiVersion: "agones.dev/v1", kind: "GameServer", metadata: { name, labels } },
    status: { state: "Ready", address: "127.0.0.1", ports: [{ name: "default", port }] },
  };
}
