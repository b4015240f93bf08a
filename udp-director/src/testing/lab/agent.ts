import { createSocket, type Socket } from "node:dgram";
import { createInterface } from "node:readline";
import { query } from "../../client/query.ts";

/**
 * Runs inside a host of the lab and does what it is told: a JSON value a line in, one out.
 * Started by `LabAgent`.
 */
const sockets = new Map<number, { socket: Socket; received: string[] }>();
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

// biome-ignore lint/suspicious/noExplicitAny: what each command takes is LabAgent's to hold.
const commands: Record<string, (args: any) => Promise<unknown>> = {
  /** A backend that answers with its label, the port that it was asked from, and the payload. */
  async echo({ address, port, label }) {
    const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
    socket.on("message", (payload, from) =>
      socket.send(
        Buffer.concat([Buffer.from(`${label} ${from.port} `), payload]),
        from.port,
        from.address,
      ),
    );
    await new Promise<void>((resolve) => socket.bind(port, address, resolve));
    return socket.address().port;
  },

  async query({ host, queryPort, wanted }) {
    return query({ host, queryPort }, wanted);
  },

  async open({ id, address, port = 0 }) {
    const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
    const received: string[] = [];
    socket.on("message", (payload, from) =>
      received.push(`${from.address} ${from.port} ${payload}`),
    );
    socket.on("error", () => undefined);
    await new Promise<void>((resolve) => socket.bind(port, address, resolve));
    sockets.set(id, { socket, received });
    return socket.address().port;
  },

  /** Sends hex payloads, so many milliseconds apart. */
  async send({ id, payloads, to, everyMs = 0 }) {
    const { socket } = sockets.get(id) ?? {};
    for (const payload of payloads) {
      await new Promise((resolve) =>
        socket?.send(Buffer.from(payload, "hex"), to.port, to.address, resolve),
      );
      if (everyMs > 0) await wait(everyMs);
    }
  },

  /** What has come since the last time, once it is so much or the time is over. */
  async received({ id, count, withinMs = 2000 }) {
    const { received = [] } = sockets.get(id) ?? {};
    for (const end = Date.now() + withinMs; received.length < count && Date.now() < end; ) {
      await wait(5);
    }
    return received.splice(0);
  },

  async close({ id }) {
    sockets.get(id)?.socket.close();
    sockets.delete(id);
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { command, ...args } = JSON.parse(line);
  try {
    const answer = (await commands[command]?.(args)) ?? null;
    process.stdout.write(`${JSON.stringify({ answer })}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ error: String(error) })}\n`);
  }
}
process.exit();
