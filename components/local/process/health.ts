import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";

/** How to tell that a process serves. */
export type HealthCheck =
  | {
      /** Answers with a 2xx status. */
      readonly http: string;
    }
  | {
      /** Answers a datagram of 5 bytes with any datagram. */
      readonly udpEcho: { readonly host: string; readonly port: number };
    };

/** Asks once. Never throws: what cannot be reached is not healthy. */
export async function isHealthy(check: HealthCheck, timeoutMs: number): Promise<boolean> {
  return "http" in check
    ? answersHttp(check.http, timeoutMs)
    : answersUdp(check.udpEcho.host, check.udpEcho.port, timeoutMs);
}

async function answersHttp(url: string, timeoutMs: number): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

async function answersUdp(host: string, port: number, timeoutMs: number): Promise<boolean> {
  const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
  try {
    return await new Promise<boolean>((resolve) => {
      setTimeout(() => resolve(false), timeoutMs).unref();
      socket.once("error", () => resolve(false));
      socket.once("message", () => resolve(true));
      // Connected, so that a closed port is an error at once and only its answers count.
      socket.connect(port, host, () => socket.send("ping\n"));
    });
  } finally {
    socket.close();
  }
}
