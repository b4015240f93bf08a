import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import type { ClusterStack } from "./cluster-stack.ts";
import type { FlowReport } from "./lan-flow.ts";

/** Runs something under a flow from the LAN to an address, and tells what became of the flow. */
export async function underFlow(
  stack: ClusterStack,
  address: string,
  change: () => Promise<void>,
): Promise<FlowReport> {
  const program = path.join(import.meta.dirname, "lan-flow.ts");
  const line = [process.execPath, program, "--host", address];
  const [command = "", ...args] = stack.cluster.onLan(line);
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  try {
    const [first] = await Promise.race([once(lines, "line"), once(child, "exit")]);
    assert.equal(first, "flowing");
    await change();
    // Long enough that a flow which found nobody would show.
    await pause(3000);
    child.stdin.end();
    const [report] = await once(lines, "line");
    console.log(report);
    return JSON.parse(report);
  } finally {
    child.kill("SIGKILL");
  }
}

/** The flow is alive at the end, and stayed with its backend. */
export function assertAlive(report: FlowReport, most: { lost: number; silentMs: number }): void {
  const lost = report.sent - report.answered;
  assert.deepEqual(report.backends, ["echo-a"]);
  assert.ok(report.lastSilenceMs < 500, `silent for ${report.lastSilenceMs} ms at the end`);
  assert.ok(lost <= most.lost, `${lost} packets of ${report.sent} were lost`);
  assert.ok(report.longestSilenceMs <= most.silentMs, `${report.longestSilenceMs} ms of silence`);
}
