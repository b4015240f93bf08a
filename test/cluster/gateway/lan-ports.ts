import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";

/** What every port answered, as `<port> <port that the server saw>`; and a session that paused. */
export interface PortReport {
  readonly tcp: Readonly<Record<string, string>>;
  readonly udp: Readonly<Record<string, string>>;
  /** Answers of one UDP session before its silence and after. */
  readonly silent: readonly [string, string];
}

/**
 * A client of a LAN that asks ports of `--host` until each has answered, half a minute at most.
 * One UDP session of them then says nothing for `--silent` milliseconds, and asks once more.
 */
const { values } = parseArgs({
  options: {
    host: { type: "string", default: "" },
    tcp: { type: "string", default: "" },
    udp: { type: "string", default: "" },
    silent: { type: "string", default: "0" },
  },
});
const { host } = values;
const until = performance.now() + 30_000;

async function askTcp(port: number): Promise<string> {
  const socket = connect({ host, port, timeout: 2000 });
  try {
    let text = "";
    socket.on("timeout", () => socket.destroy(new Error("no answer")));
    for await (const chunk of socket) text += chunk;
    if (text === "") throw new Error("closed without an answer");
    return text;
  } finally {
    socket.destroy();
  }
}

/** A socket is a session: the same one is asked again. */
async function udpSession(port: number) {
  const socket = createSocket("udp4");
  socket.connect(port, host);
  await once(socket, "connect");
  // Nobody may answer for the address yet; the next try tells.
  socket.on("error", () => {});
  const ask = async (): Promise<string> => {
    socket.send("?");
    const [answer] = await once(socket, "message", { signal: AbortSignal.timeout(2000) });
    return String(answer);
  };
  return { ask, close: () => socket.close() };
}

async function patiently(ask: () => Promise<string>): Promise<string> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() > until) return `${error}`;
      await pause(200);
    }
  }
}

async function askUdp(port: number): Promise<string> {
  const session = await udpSession(port);
  const answer = await patiently(session.ask);
  session.close();
  return answer;
}

async function all(range: string, ask: (port: number) => Promise<string>) {
  const [from = 0, to = -1] = range.split("-").map(Number);
  const ports = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  return Object.fromEntries(await Promise.all(ports.map(async (port) => [port, await ask(port)])));
}

async function askSilently(port: number): Promise<[string, string]> {
  const session = await udpSession(port);
  const before = await patiently(session.ask);
  await pause(Number(values.silent));
  const after = await patiently(session.ask);
  session.close();
  return [before, after];
}

const [tcp, udp, silent] = await Promise.all([
  all(values.tcp, (port) => patiently(() => askTcp(port))),
  all(values.udp, askUdp),
  askSilently(Number.parseInt(values.udp, 10)),
]);
const report: PortReport = { tcp, udp, silent };
process.stdout.write(`${JSON.stringify(report)}\n`);
process.exit();
