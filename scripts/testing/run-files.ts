import path from "node:path";
import { run } from "node:test";
import { LastLines } from "./last-lines.ts";
import type { Tier } from "./tiers.ts";

export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

/** Most files load Pulumi's SDK, and their own start is most of their time. */
const LEAN = ["--import", import.meta.resolve("pulumi-udp/lean-start")];

/**
 * How long a file's process may live on once its tests' time is over. One that started a program
 * that never ends waits for it, and Node itself can stand still on its way out (nodejs/node#54918).
 */
const GRACE_MS = 30_000;

/** Characters of a file's standard output that are kept. */
const MOST_OUTPUT = 16_000;

/**
 * Runs the files of a tier, each in a process of its own, and prints what failed or was skipped, and
 * what a file in which something failed wrote to its standard output.
 */
export async function runFiles(
  tier: Tier,
  files: readonly string[],
  root: string,
  print: (line: string) => void,
  graceMs = GRACE_MS,
): Promise<Tally> {
  const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
  const left = files.values();
  const worker = async () => {
    for (const file of left) {
      await runFile(path.join(root, file), { tier, root, print, tally, graceMs });
    }
  };
  await Promise.all(Array.from({ length: tier.concurrency }, worker));
  return tally;
}

interface Running {
  readonly tier: Tier;
  readonly root: string;
  readonly print: (line: string) => void;
  readonly tally: Tally;
  readonly graceMs: number;
}

async function runFile(
  wanted: string,
  { tier, root, print, tally, graceMs }: Running,
): Promise<void> {
  const events = run({
    files: [wanted],
    timeout: tier.timeoutMs,
    signal: AbortSignal.timeout(tier.timeoutMs + graceMs),
    cwd: root,
    execArgv: [...LEAN],
  });
  const where = (file: string | undefined) => (file ? path.relative(root, file) : "");
  const output = new LastLines(MOST_OUTPUT);
  let failed = false;
  events.on("test:pass", ({ name, file, skip, details }) => {
    if (details.type === "suite") {
      return;
    }
    if (skip === undefined || skip === false) {
      tally.passed += 1;
    } else {
      tally.skipped += 1;
      const reason = typeof skip === "string" && skip ? skip : "no reason given";
      print(`  skipped  ${where(file)}: ${name}: ${reason}`);
    }
  });
  events.on("test:fail", ({ name, file, details }) => {
    // A suite or file that fails because of a test within is that test's failure, told once.
    const { failureType, cause } = details.error as Error & { failureType?: string };
    if (failureType === "subtestsFailed") {
      return;
    }
    tally.failed += 1;
    failed = true;
    const stack = cause instanceof Error ? cause.stack : String(cause ?? details.error);
    print(`  FAILED   ${where(file)}: ${name}\n${indent(stack ?? "")}`);
  });
  events.on("test:stderr", ({ file, message }) => {
    print(`  ${where(file)}: ${message.trimEnd()}`);
  });
  events.on("test:stdout", ({ message }) => output.add(message));
  await new Promise<void>((resolve, reject) => {
    events.once("error", reject);
    events.once("end", resolve);
    events.resume();
  });
  const told = `${output}`;
  if (failed && told !== "") print(`  output   ${where(wanted)}:\n${indent(told)}`);
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, "           ");
}
