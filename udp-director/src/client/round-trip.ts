import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, isIPv6 } from "node:net";

/** A port of an address, and what to send to it. */
export interface Measured {
  readonly address: string;
  readonly port: number;
  readonly protocol: "UDP" | "TCP";
}

/** How a round trip is measured. */
export interface MeasureRules {
  /** Measurements of each address, one after the other; the shortest counts. */
  readonly samples: number;
  /** Milliseconds until one has failed. */
  readonly timeoutMs: number;
  /** What UDP ports are sent; whatever they answer counts. */
  readonly payload: Uint8Array;
  readonly signal?: AbortSignal | undefined;
}

const within = ({ timeoutMs, signal }: MeasureRules): AbortSignal =>
  AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]);

/** Milliseconds that TCP took to connect: one round trip. */
async function tcpOnce({ address, port }: Measured, rules: MeasureRules): Promise<number> {
  const start = performance.now();
  const socket = connect({ host: address, port });
  try {
    await once(socket, "connect", { signal: within(rules) });
    return performance.now() - start;
  } finally {
    socket.destroy();
  }
}

/** Milliseconds until the port answered a datagram, on a socket that hears nobody else. */
async function udpOnce({ address, port }: Measured, rules: MeasureRules): Promise<number> {
  const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
  const signal = within(rules);
  try {
    const connected = once(socket, "connect", { signal });
    socket.connect(port, address);
    await connected;
    const answer = once(socket, "message", { signal });
    const start = performance.now();
    socket.send(rules.payload, () => undefined);
    await answer;
    return performance.now() - start;
  } finally {
    socket.close();
  }
}

/** The shortest of some round trips, in milliseconds; undefined where none came back. */
export async function roundTripMs(to: Measured, rules: MeasureRules): Promise<number | undefined> {
  const once = to.protocol === "TCP" ? tcpOnce : udpOnce;
  let best: number | undefined;
  for (let sample = 0; sample < rules.samples && !rules.signal?.aborted; sample++) {
    const took = await once(to, rules).catch(() => undefined);
    if (took !== undefined) best = Math.min(best ?? took, took);
  }
  return best;
}
