import { createSocket } from "node:dgram";
import { query } from "../src/client/query.ts";
import { DEFAULT_MAGIC_HEX } from "../src/protocol/control-packet.ts";

/**
 * Runs inside the client's host, says what it found as JSON.
 *
 * client.ts ADDRESS PORT DATA-PORT TIMES   moves a session to and fro while it sends each millisecond
 */
const [host = "", queryPort = "0", dataPort = "0", times = "0"] = process.argv.slice(2);
const target = { host, queryPort: Number(queryPort) };
const wanted = (version: string) => ({
  ...{ resourceType: "echo", namespace: "bench" },
  labelSelector: { version },
});
const OWN_PORT = 9500;
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const quantile = (sorted: readonly number[], q: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;

async function moves(dataPort: number, times: number) {
  const socket = createSocket("udp4");
  // The client's host drops what comes to the generator's ports, 10000 and above.
  await new Promise<void>((resolve) => socket.bind(OWN_PORT, resolve));
  await new Promise<void>((resolve) => socket.connect(dataPort, host, resolve));
  const took: number[] = [];
  let sent = 0;
  let received = 0;
  let onAnswer: (label: string) => void = () => undefined;
  socket.on("message", (payload) => {
    // `label sourcePort payload`; acknowledgements are none of these.
    const [label = "", , text = ""] = payload.toString().split(" ");
    if (!text.startsWith("n")) return;
    received++;
    onAnswer(label);
  });
  const labels = ["0", "1"] as const;
  socket.send((await query(target, wanted("0"))).token);
  const sender = setInterval(() => socket.send(`n${sent++}`), 1);
  await wait(500);
  for (let n = 1; n <= times; n++) {
    const label = labels[n % 2] as string;
    const { token } = await query(target, wanted(label));
    const packet = Buffer.concat([Buffer.from(DEFAULT_MAGIC_HEX, "hex"), Buffer.from(token)]);
    const begun = performance.now();
    const moved = new Promise<number>((resolve) => {
      onAnswer = (from) => {
        if (from === label) resolve(performance.now() - begun);
      };
    });
    socket.send(packet);
    took.push(await Promise.race([moved, wait(2000).then(() => Number.NaN)]));
    await wait(100);
  }
  clearInterval(sender);
  await wait(200);
  socket.close();
  took.sort((a, b) => a - b);
  if (took.some(Number.isNaN)) throw new Error("a session did not move within 2 s");
  return { milliseconds: quantile(took, 0.5), sent, lost: sent - received };
}

process.stdout.write(JSON.stringify(await moves(Number(dataPort), Number(times))));
