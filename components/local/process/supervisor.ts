import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type HealthCheck, isHealthy } from "./health.ts";
import { identify, isAlive, type ProcessIdentity } from "./identity.ts";
import { describeTakenPort, type ListenPort } from "./ports.ts";

/** What to run and how to tell that it runs. */
export interface ProcessSpec {
  /** Absolute path; created when missing. Holds the files, the log and the note of what runs. */
  readonly workDir: string;
  /** Program and arguments. A relative program is looked up on PATH. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Files to write below `workDir` before the start, by relative name. Mode 0600. */
  readonly files: Readonly<Record<string, string>>;
  readonly listens: readonly ListenPort[];
  readonly health: HealthCheck;
  /** Seconds until it has to be healthy. */
  readonly startTimeoutSeconds: number;
  /** Seconds from SIGTERM to SIGKILL. */
  readonly stopTimeoutSeconds: number;
}

export const LOG_FILE = "process.log";
const NOTE_FILE = "process.json";

/** Pause between two looks at a process that starts or ends. Milliseconds. */
const POLL_MS = 40;
/** One health question; a process that serves answers in well under this. Milliseconds. */
const HEALTH_TIMEOUT_MS = 1000;
/** Lines of the log in the message when a process does not come up. */
const LOG_TAIL_LINES = 8;

/**
 * Starts a process that outlives its starter and returns once it is healthy.
 *
 * A run that an earlier start left in the same folder (its state was lost, or it hangs) is ended
 * first, so that a repeated start mends instead of piling up.
 *
 * @throws Error of one line, after everything it started has been ended again.
 */
export async function start(spec: ProcessSpec, signal: AbortSignal): Promise<ProcessIdentity> {
  await mkdir(spec.workDir, { recursive: true, mode: 0o700 });
  const leftOver = await readNote(spec.workDir);
  if (leftOver !== undefined) {
    await stop(leftOver, spec);
  }
  const taken = await describeTakenPort(spec.listens);
  if (taken !== undefined) {
    throw new Error(taken);
  }
  for (const [name, content] of Object.entries(spec.files)) {
    await writeFile(path.join(spec.workDir, name), content, { mode: 0o600 });
  }
  const child = await launch(spec);
  const identity = await identify(child.pid ?? 0);
  try {
    if (identity !== undefined) {
      await writeFile(path.join(spec.workDir, NOTE_FILE), JSON.stringify(identity));
    }
    await waitUntilHealthy(child, spec, signal);
    if (identity === undefined) {
      throw new Error(`${spec.command[0]} cannot be identified on this system`);
    }
    return identity;
  } catch (error) {
    if (identity !== undefined) {
      await stop(identity, spec);
    }
    throw error;
  }
}

/** Ends exactly this run, if it is still alive, and forgets it. Safe to repeat. */
export async function stop(
  identity: ProcessIdentity,
  spec: Pick<ProcessSpec, "workDir" | "stopTimeoutSeconds">,
): Promise<void> {
  await signalAndWait(identity, "SIGTERM", spec.stopTimeoutSeconds * 1000);
  await signalAndWait(identity, "SIGKILL", 5000);
  if (await isAlive(identity)) {
    throw new Error(`process ${identity.pid} does not end, not even by SIGKILL`);
  }
  await rm(path.join(spec.workDir, NOTE_FILE), { force: true });
}

/** True if exactly this run is alive and answers at least one of three health questions. */
export async function isServing(identity: ProcessIdentity, health: HealthCheck): Promise<boolean> {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    if (!(await isAlive(identity))) {
      return false;
    }
    if (await isHealthy(health, HEALTH_TIMEOUT_MS)) {
      return true;
    }
    await delay(POLL_MS);
  }
  return false;
}

/** The run that the note in a work folder names. */
async function readNote(workDir: string): Promise<ProcessIdentity | undefined> {
  try {
    const note: unknown = JSON.parse(await readFile(path.join(workDir, NOTE_FILE), "utf8"));
    const { pid, started } = note as Partial<ProcessIdentity>;
    return typeof pid === "number" && typeof started === "string" ? { pid, started } : undefined;
  } catch {
    // No note, or half of one: nothing that could be ended safely.
    return undefined;
  }
}

async function launch(spec: ProcessSpec): Promise<ChildProcess> {
  const [program, ...args] = spec.command;
  if (program === undefined) {
    throw new Error("command is empty: give a program and its arguments");
  }
  const log = await open(path.join(spec.workDir, LOG_FILE), "a", 0o600);
  try {
    const child = spawn(program, args, {
      cwd: spec.workDir,
      // A session of its own: what ends the starter's terminal does not end the process.
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...spec.env },
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (error: NodeJS.ErrnoException) =>
        reject(new Error(`${program} cannot be started: ${error.code ?? error.message}`)),
      );
    });
    child.unref();
    return child;
  } finally {
    await log.close();
  }
}

async function waitUntilHealthy(
  child: ChildProcess,
  spec: ProcessSpec,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + spec.startTimeoutSeconds * 1000;
  while (performance.now() < deadline) {
    signal.throwIfAborted();
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(
        `it ended (${child.signalCode ?? `exit code ${child.exitCode}`}) before it was healthy${await logTail(spec)}`,
      );
    }
    if (await isHealthy(spec.health, HEALTH_TIMEOUT_MS)) {
      return;
    }
    await delay(POLL_MS, undefined, { signal });
  }
  throw new Error(
    `it was not healthy within ${spec.startTimeoutSeconds} s (${JSON.stringify(spec.health)})${await logTail(spec)}`,
  );
}

async function logTail(spec: ProcessSpec): Promise<string> {
  const file = path.join(spec.workDir, LOG_FILE);
  const lines = (await readFile(file, "utf8")).trimEnd().split("\n").slice(-LOG_TAIL_LINES);
  return `; the end of ${file}:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}

async function signalAndWait(
  identity: ProcessIdentity,
  name: NodeJS.Signals,
  timeoutMs: number,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  if (!(await isAlive(identity))) {
    return;
  }
  try {
    process.kill(identity.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") {
      throw error;
    }
  }
  while ((await isAlive(identity)) && performance.now() < deadline) {
    await delay(POLL_MS);
  }
}
