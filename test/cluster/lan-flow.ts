import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { DirectorConnection } from "../../udp-director/src/client/connection.ts";
import { query } from "../../udp-director/src/client/index.ts";
import type { FlowReport, Silence } from "./flow-report.ts";
import { untilReached } from "./reach.ts";

/** Silences from here on are told. Milliseconds. */
const WORTH_A_WORD_MS = 300;

/**
 * A client of a LAN whose flow never pauses: one token, then a packet every `--every` milliseconds
 * from one source port until standard input ends. It takes no notice of lost replies, so nothing
 * but the cluster can bring the flow back. Prints a FlowReport, after "flowing" at the first reply.
 */
const { values } = parseArgs({
  options: {
    host: { type: "string", default: "" },
    every: { type: "string", default: "10" },
  },
});
const wanted = { resourceType: "echo", namespace: "games", labelSelector: { version: "a" } };
const { token } = await untilReached(() => query({ host: values.host, timeoutMs: 2000 }, wanted));
const answered = new Set<number>();
const backends = new Set<string>();
/** Silences, with the first and last packet that was sent in each. */
const silences: { from: number; ms: number; first: number; last: number }[] = [];
let last = performance.now();
let sent = 0;
let sentThen = 0;
const heard = (payload: Buffer) => {
  const [backend = "", number] = String(payload).split(" ");
  if (answered.size === 0) process.stdout.write("flowing\n");
  answered.add(Number(number));
  backends.add(backend);
  const now = performance.now();
  const ms = now - last;
  if (ms > WORTH_A_WORD_MS && answered.size > 1) {
    silences.push({ from: Date.now() - ms, ms, first: sentThen, last: sent - 1 });
  }
  last = now;
  sentThen = sent;
};
const connection = await DirectorConnection.open({ host: values.host, token, onPacket: heard });
let ended = false;
process.stdin.on("end", () => {
  ended = true;
});
process.stdin.resume();
while (!ended) {
  connection.send(`${sent}`);
  sent += 1;
  await pause(Number(values.every));
}
await pause(300);
const lastSilenceMs = Math.round(performance.now() - last - 300);
const told = silences.map(({ from, ms, first, last }): Silence => {
  const inside = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  return { from, ms, lost: inside.filter((number) => !answered.has(number)).length };
});
const report: FlowReport = {
  ...{ sent, answered: answered.size, silences: told, lastSilenceMs, backends: [...backends] },
};
process.stdout.write(`${JSON.stringify(report)}\n`);
process.exit();
