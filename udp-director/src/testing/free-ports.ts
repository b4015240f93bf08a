import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";

/** Binds a port of 127.0.0.1 for TCP and UDP; returns what lets go of it. */
async function hold(port: number): Promise<() => void> {
  const tcp = createServer().listen(port, "127.0.0.1");
  await once(tcp, "listening");
  const udp = createSocket("udp4").bind(port, "127.0.0.1");
  await once(udp, "listening").catch((error: unknown) => {
    tcp.close();
    throw error;
  });
  return () => {
    tcp.close();
    udp.close();
  };
}

/**
 * Different ports that are free for TCP and UDP, for programs that take no port 0. They are below
 * those that the kernel hands out by itself, so that nobody is given one in between.
 */
export async function freePorts(count: number): Promise<number[]> {
  const held = new Map<number, () => void>();
  while (held.size < count) {
    const port = randomInt(20_000, 32_000);
    const release = await hold(port).catch(() => undefined);
    if (release !== undefined) held.set(port, release);
  }
  for (const release of held.values()) release();
  return [...held.keys()];
}

/** The first of that many ports in a row that are free for TCP and UDP. */
export async function freeRange(count: number): Promise<number> {
  for (;;) {
    const from = randomInt(20_000, 32_000 - count);
    const held = await Promise.allSettled(Array.from({ length: count }, (_, n) => hold(from + n)));
    for (const one of held) if (one.status === "fulfilled") one.value();
    if (held.every(({ status }) => status === "fulfilled")) return from;
  }
}
