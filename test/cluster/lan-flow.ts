import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { DirectorConnection } from "../../udp-director/src/client/connection.ts";
import { query } from "../../udp-director/src/client/index.ts";
import { untilReached } from "./reach.ts";

/** What became of a flow. */
export interface FlowReport {
  readonly sent: number;
  readonly answered: number;
  /** Longest time without a reply. Milliseconds. */
  readonly longestSilenceMs: number;
  /** Time from the last reply to the end. Milliseconds. */
  readonly lastSilenceMs: number;
  /** Backends that have answered. */
  readonly backends: readonly string[];
}

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
let last = performance.now();
let longest = 0;
const heard = (payload: Buffer) => {
  const [backend = "", number] = String(payload).split(" ");
  if (answered.size === 0) process.stdout.write("flowing\n");
  answered.add(Number(number));
  backends.add(backend);
  longest = Math.max(longest, performance.now() - last);
  last = performance.now();
};
const connection = await DirectorConnection.open({ host: values.host, token, onPacket: heard });
let ended = false;
process.stdin.on("end", () => {
  ended = true;
});
process.stdin.resume();
let sent = 0;
while (!ended) {
  connection.send(`${sent}`);
  sent += 1;
  await pause(Number(values.every));
}
await pause(300);
const lastSilenceMs = Math.round(performance.now() - last - 300);
const report: FlowReport = {
  ...{ sent, answered: answered.size, lastSilenceMs, backends: [...backends] },
  longestSilenceMs: Math.round(longest),
};
process.stdout.write(`${JSON.stringify(report)}\n`);
process.exit();
