import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import type { ClusterStack } from "./cluster-stack.ts";
import { type FlowReport, type Shares, shares } from "./flow-report.ts";
import { directorsByAddress, story } from "./flow-story.ts";
import { HandOvers } from "./hand-overs.ts";

/**
 * Runs something under a flow from the LAN to an address, which has to be alive at the end and to
 * have stayed with its backend. An error tells what happened when.
 *
 * @param most Most that the directors, and the cluster, may let it down.
 */
export async function flowStays(
  stack: ClusterStack,
  address: string,
  most: Shares,
  change: () => Promise<void>,
): Promise<void> {
  const since = Date.now();
  const before = await directorsByAddress(stack);
  const handOvers = new HandOvers(stack.cluster, address);
  try {
    const { report, failure } = await underFlow(stack, address, change);
    const found = shares(report, handOvers.seen);
    const { sent, answered, lastSilenceMs, backends } = report;
    console.log(JSON.stringify({ sent, answered, lastSilenceMs, ...found }));
    try {
      if (failure !== undefined) throw failure;
      assert.deepEqual(backends, ["echo-a"]);
      assert.ok(lastSilenceMs < 500, `silent for ${lastSilenceMs} ms at the end`);
      const { lost, silentMs, handOverMs } = found;
      assert.ok(lost <= most.lost, `directors lost ${lost} packets of ${sent}`);
      assert.ok(silentMs <= most.silentMs, `directors were silent for ${silentMs} ms`);
      assert.ok(handOverMs <= most.handOverMs, `the flow went to nobody for ${handOverMs} ms`);
    } catch (error) {
      const told = await story(stack, since, report, handOvers.seen, before);
      throw new Error(`${error instanceof Error ? error.message : error}\n${told}`, {
        cause: error,
      });
    }
  } finally {
    handOvers.close();
  }
}

async function underFlow(
  stack: ClusterStack,
  address: string,
  change: () => Promise<void>,
): Promise<{ report: FlowReport; failure: unknown }> {
  const program = path.join(import.meta.dirname, "lan-flow.ts");
  const line = [process.execPath, program, "--host", address];
  const [command = "", ...args] = stack.cluster.onLan(line);
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  try {
    const [first] = await Promise.race([once(lines, "line"), once(child, "exit")]);
    assert.equal(first, "flowing");
    const failure: unknown = await change().then(
      // Long enough that a flow which found nobody would show.
      () => pause(3000),
      (error: unknown) => error ?? new Error("failed"),
    );
    child.stdin.end();
    const [report] = await once(lines, "line");
    return { report: JSON.parse(report), failure };
  } finally {
    child.kill("SIGKILL");
  }
}
