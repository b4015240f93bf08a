import { createInterface } from "node:readline/promises";
import { setTimeout as pause } from "node:timers/promises";
import { DirectorSession } from "../client/index.ts";
import { PacketQueue } from "../client/packet-queue.ts";
import { CliError, EXIT } from "./exit.ts";
import { failing, queryTarget, wantedBackend } from "./query-options.ts";
import { elapsed, type SessionOptions } from "./session.ts";

export interface ConnectOptions extends SessionOptions {
  readonly count?: number;
  readonly interval: number;
  readonly resetSelector?: Readonly<Record<string, string>>;
  readonly keepalive?: number;
}

/** Somebody is watching: shorter waits than a program's, and an end after about a minute. */
const IMPATIENT = { longestWaitMs: 2000, attempts: 60 };

/** A session and what it has heard. */
interface Talk {
  readonly session: DirectorSession;
  readonly replies: PacketQueue;
}

const print = (line: string) => void process.stdout.write(`${line}\n`);

/** Sends one packet and prints its reply and round-trip time; false when none came. */
async function roundTrip({ session, replies }: Talk, text: string, timeoutMs: number) {
  const start = performance.now();
  session.send(text);
  try {
    const reply = await replies.next(timeoutMs, () => `no reply in ${timeoutMs} ms`);
    print(`${reply.toString()}  (${elapsed(start)})`);
    return true;
  } catch (error) {
    print(`${text}: ${(error as Error).message}`);
    return false;
  }
}

async function numbered(talk: Talk, options: ConnectOptions): Promise<number> {
  const { count = 1, interval, resetSelector, timeout } = options;
  const half = Math.ceil(count / 2);
  let lost = 0;
  for (let n = 1; n <= count; n++) {
    if (n > 1) await pause(interval);
    if (resetSelector && n === half + 1) await move(talk, options);
    if (!(await roundTrip(talk, `packet ${n}`, timeout))) lost++;
  }
  if (resetSelector && count === 1) {
    await move(talk, options);
    if (!(await roundTrip(talk, "packet 2", timeout))) lost++;
  }
  return lost;
}

async function move({ session }: Talk, options: ConnectOptions): Promise<void> {
  const wanted = wantedBackend(options, options.resetSelector);
  const grant = await failing(session.move(wanted), "the director refuses: ");
  print(`moved the session with token ${grant.token}`);
}

async function lines(talk: Talk, options: ConnectOptions): Promise<number> {
  let lost = 0;
  for await (const line of createInterface({ input: process.stdin })) {
    if (!(await roundTrip(talk, line, options.timeout))) lost++;
  }
  if (options.resetSelector) {
    await move(talk, options);
    if (!(await roundTrip(talk, "after the move", options.timeout))) lost++;
  }
  return lost;
}

/** Opens a session that is won back when a reply does not come in time. */
async function openTalk(options: ConnectOptions): Promise<Talk> {
  const { dataPort, keepalive, magic, timeout } = options;
  const replies = new PacketQueue();
  const opening = DirectorSession.open({
    director: await queryTarget(options),
    wanted: wantedBackend(options),
    ...(dataPort === undefined ? {} : { dataPort }),
    ...(magic === undefined ? {} : { magicHex: magic }),
    ...(keepalive === undefined ? {} : { keepalive: { everyMs: keepalive } }),
    reconnect: { silenceMs: timeout, ...IMPATIENT },
    onPacket: (payload) => replies.push(payload),
    onChange(change) {
      if (change.state === "reconnecting") {
        print(`asking again in ${change.waitMs.toFixed(0)} ms: ${change.why}`);
      } else if (change.state === "given-up") print(`given up: ${change.why}`);
    },
  });
  return { session: await failing(opening, "the director refuses: "), replies };
}

/** `udp-director connect`: exit code 1 when any packet had no reply. */
export async function connectCommand(options: ConnectOptions): Promise<void> {
  const start = performance.now();
  const talk = await openTalk(options);
  print(`token ${talk.session.token}  (${elapsed(start)})`);
  try {
    const lost = await (options.count === undefined ? lines : numbered)(talk, options);
    if (lost > 0) throw new CliError(`${lost} packets had no reply`, EXIT.failed);
  } finally {
    talk.session.close();
  }
}
