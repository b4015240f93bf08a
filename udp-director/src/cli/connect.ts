import { createInterface } from "node:readline/promises";
import { setTimeout as pause } from "node:timers/promises";
import type { DirectorConnection } from "../client/index.ts";
import { CliError, EXIT } from "./exit.ts";
import { askFor, wantedBackend } from "./query-options.ts";
import { elapsed, openSession, type SessionOptions } from "./session.ts";

export interface ConnectOptions extends SessionOptions {
  readonly count?: number;
  readonly interval: number;
  readonly resetSelector?: Readonly<Record<string, string>>;
}

const print = (line: string) => void process.stdout.write(`${line}\n`);

/** Sends one packet and prints its reply and round-trip time; false when none came. */
async function roundTrip(connection: DirectorConnection, text: string, timeoutMs: number) {
  const start = performance.now();
  connection.send(text);
  try {
    print(`${(await connection.receive(timeoutMs)).toString()}  (${elapsed(start)})`);
    return true;
  } catch (error) {
    print(`${text}: ${(error as Error).message}`);
    return false;
  }
}

async function numbered(connection: DirectorConnection, options: ConnectOptions): Promise<number> {
  const { count = 1, interval, resetSelector, timeout } = options;
  const half = Math.ceil(count / 2);
  let lost = 0;
  for (let n = 1; n <= count; n++) {
    if (n > 1) await pause(interval);
    if (resetSelector && n === half + 1) await move(connection, options);
    if (!(await roundTrip(connection, `packet ${n}`, timeout))) lost++;
  }
  if (resetSelector && count === 1) {
    await move(connection, options);
    if (!(await roundTrip(connection, "packet 2", timeout))) lost++;
  }
  return lost;
}

async function move(connection: DirectorConnection, options: ConnectOptions): Promise<void> {
  const grant = await askFor(options, wantedBackend(options, options.resetSelector));
  connection.reset(grant.token);
  print(`moved the session with token ${grant.token}`);
}

async function lines(connection: DirectorConnection, options: ConnectOptions): Promise<number> {
  let lost = 0;
  for await (const line of createInterface({ input: process.stdin })) {
    if (!(await roundTrip(connection, line, options.timeout))) lost++;
  }
  if (options.resetSelector) {
    await move(connection, options);
    if (!(await roundTrip(connection, "after the move", options.timeout))) lost++;
  }
  return lost;
}

/** `udp-director connect`: exit code 1 when any packet had no reply. */
export async function connectCommand(options: ConnectOptions): Promise<void> {
  const start = performance.now();
  const grant = await askFor(options, wantedBackend(options));
  print(`token ${grant.token}  (${elapsed(start)})`);
  const connection = await openSession(options, grant);
  try {
    const lost = await (options.count === undefined ? lines : numbered)(connection, options);
    if (lost > 0) throw new CliError(`${lost} packets had no reply`, EXIT.failed);
  } finally {
    connection.close();
  }
}
