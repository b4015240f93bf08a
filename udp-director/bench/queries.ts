import { once } from "node:events";
import { join } from "node:path";
import { NODE_FLAGS } from "../src/node-flags.ts";
import type { LabHost } from "../src/testing/lab/lab.ts";
import type { Asked, BenchLab } from "./site.ts";

/** Queries a second. */
export const QUERY_RATE = 1000;

/** One for each label `version` that the objects have. */
const REQUESTS = Array.from({ length: 100 }, (_, n) =>
  JSON.stringify({
    ...{ type: "query", resourceType: "echo", namespace: "bench" },
    labelSelector: { version: `${n}` },
  }),
);

/**
 * What queries take that are asked at a steady rate, from when each was due. As many are asked
 * before, so that what answers has been compiled.
 */
export async function askedOf(
  lab: BenchLab,
  host: Pick<LabHost, "run">,
  to: readonly [address: string, port: number],
  seconds: number,
): Promise<Asked> {
  const questions = { requests: REQUESTS, rate: QUERY_RATE, seconds };
  await lab.ask(host, to, questions);
  return lab.ask(host, to, questions);
}

/** Starts a server that answers everybody the same, with the flags that a director has. */
export async function startBareQuery(
  host: Pick<LabHost, "start">,
  address: string,
  port: number,
): Promise<{ stop(): Promise<void> }> {
  const file = join(import.meta.dirname, "bare-query.ts");
  const child = host.start(process.execPath, [...NODE_FLAGS, file, address, `${port}`]);
  const ended = once(child, "exit");
  if (child.stdout) await Promise.race([once(child.stdout, "data"), ended]);
  return {
    async stop() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
