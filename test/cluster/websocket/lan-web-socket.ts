import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { TLSSocket } from "node:tls";
import { parseArgs } from "node:util";
import { WebSocket } from "ws";

/** What became of a WebSocket, and of others that the same client opened meanwhile. */
export interface WebSocketReport {
  /** How long it was open. Milliseconds. */
  readonly openMs: number;
  readonly sent: number;
  readonly answered: number;
  /** `<pod> <version>` of all answers. */
  readonly servers: readonly string[];
  /** Longest time from a message to its answer. Milliseconds. */
  readonly slowestMs: number;
  /** Close code of RFC 6455: 1001 where the server said that it leaves, 1006 where nobody said anything. */
  readonly code: number;
  /** SHA-256 of the certificate that was shown and, by the authority, holds for the name. */
  readonly certificate: string;
  readonly others: {
    readonly opened: number;
    /** What went wrong with those that were not opened or not answered. */
    readonly failures: readonly string[];
    /** `<pod> <version>` that answered, in order, each named once for those in a row. */
    readonly servers: readonly string[];
  };
}

/**
 * A client of a LAN: opens a WebSocket over TLS to `--name` at `--host`, whose certificate has to
 * come from the authority in `--ca`, and sends a message every 50 milliseconds until the server
 * closes it. Four times a second, and for three seconds more, it opens another one for one message,
 * with the cookies that it was given, as a browser does. Prints "flowing" at the first answer, at
 * the end a WebSocketReport. With `ws`, since the WebSocket of Node.js itself takes no authority and
 * no headers.
 */
const { values } = parseArgs({
  options: {
    host: { type: "string", default: "" },
    name: { type: "string", default: "" },
    ca: { type: "string", default: "" },
    /** For the first connection, while a new address may not answer yet. Milliseconds. */
    patience: { type: "string", default: "0" },
  },
});
const ca = readFileSync(values.ca);
let cookie = "";

/** An open WebSocket, and the answer that opened it. */
async function open() {
  const socket = new WebSocket(`wss://${values.name}/`, {
    ca,
    headers: cookie === "" ? {} : { cookie },
    lookup: (_, { all }, found) =>
      all ? found(null, [{ address: values.host, family: 4 }]) : found(null, values.host, 4),
    handshakeTimeout: 5000,
  });
  // Who waits for it hears of it; nobody does any more once it is open.
  socket.on("error", () => {});
  const upgraded = once(socket, "upgrade");
  upgraded.catch(() => {});
  await once(socket, "open");
  const [answer]: IncomingMessage[] = await upgraded;
  const given = answer?.headers["set-cookie"]?.map((line) => line.split(";")[0]);
  if (given !== undefined) cookie = given.join("; ");
  const certificate = (answer?.socket as TLSSocket | undefined)?.getPeerX509Certificate();
  return { socket, certificate: certificate?.fingerprint256 ?? "" };
}

async function patiently() {
  for (const until = performance.now() + Number(values.patience); ; await pause(200)) {
    try {
      return await open();
    } catch (error) {
      if (performance.now() > until) throw error;
    }
  }
}

const serverOf = (data: unknown): string => String(data).split(" ").slice(0, 2).join(" ");

const others = { opened: 0, failures: [] as string[], servers: [] as string[] };
async function another(): Promise<void> {
  try {
    const { socket } = await open();
    const answer = once(socket, "message", { signal: AbortSignal.timeout(5000) });
    socket.send("other");
    const [data] = await answer.finally(() => socket.close(1000));
    others.opened += 1;
    if (others.servers.at(-1) !== serverOf(data)) others.servers.push(serverOf(data));
  } catch (error) {
    others.failures.push(`${error}`);
  }
}

const { socket, certificate } = await patiently();
const opened = performance.now();
const closed = once(socket, "close").then(([code]) => ({
  code,
  openMs: performance.now() - opened,
}));
const servers = new Set<string>();
const sentAt: number[] = [];
let [answered, slowest] = [0, 0];
socket.on("message", (data) => {
  if (answered === 0) process.stdout.write("flowing\n");
  slowest = Math.max(slowest, performance.now() - (sentAt[answered] ?? 0));
  answered += 1;
  servers.add(serverOf(data));
});
async function flow(): Promise<void> {
  while (socket.readyState === WebSocket.OPEN) {
    socket.send(`${sentAt.length}`);
    sentAt.push(performance.now());
    await pause(50);
  }
}
async function openOthers(): Promise<void> {
  let until = Number.POSITIVE_INFINITY;
  closed.then(() => {
    until = performance.now() + 3000;
  });
  for (; performance.now() < until; await pause(250)) await another();
}
const [{ code, openMs }] = await Promise.all([closed, flow(), openOthers()]);
const report: WebSocketReport = {
  ...{ sent: sentAt.length, answered, servers: [...servers], code, certificate, others },
  ...{ openMs: Math.round(openMs), slowestMs: Math.round(slowest) },
};
process.stdout.write(`${JSON.stringify(report)}\n`);
