import { createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { connect } from "node:net";
import { DirectorConnection } from "../client/connection.ts";
import { query } from "../client/query.ts";
import type { DirectoryEndpoint, HealthCheck } from "./schema.ts";

/** Asks an endpoint once; resolves with whether it answered in time. Never rejects. */
export type Probe = (endpoint: DirectoryEndpoint, check: HealthCheck) => Promise<boolean>;

/** Packets of a UDP probe, spread over its time: one may be lost. */
const TRIES = 3;

/** A redirect counts as unhealthy: it is not the endpoint's own answer. */
async function askHttp(url: string, signal: AbortSignal): Promise<void> {
  const response = await fetch(url, { signal, redirect: "manual" });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`status ${response.status}`);
}

async function askTcp(host: string, port: number, signal: AbortSignal): Promise<void> {
  const socket = connect({ host, port });
  try {
    await once(socket, "connect", { signal });
  } finally {
    socket.destroy();
  }
}

async function askUdp(
  host: string,
  { port, sendHex }: NonNullable<HealthCheck["udp"]>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const { address, family } = await lookup(host);
  const socket = createSocket(family === 6 ? "udp6" : "udp4");
  let again: NodeJS.Timeout | undefined;
  try {
    // Connected: only what comes from the port itself counts.
    const connected = once(socket, "connect", { signal });
    socket.connect(port, address);
    await connected;
    const answer = once(socket, "message", { signal });
    const send = () => socket.send(Buffer.from(sendHex, "hex"), () => undefined);
    again = setInterval(send, timeoutMs / TRIES);
    send();
    await answer;
  } finally {
    clearInterval(again);
    socket.close();
  }
}

async function askDirector(
  host: string,
  check: NonNullable<HealthCheck["director"]>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const { queryPort, type, namespace, selector, sendHex } = check;
  const wanted = { resourceType: type, namespace, ...(selector && { labelSelector: selector }) };
  const grant = await query({ host, queryPort, timeoutMs, signal }, wanted);
  const [dataPort = 7777] = Object.values(grant.directorPorts ?? {});
  const connection = await DirectorConnection.open({ host, dataPort, token: grant.token });
  const send = () => connection.send(Buffer.from(sendHex, "hex"));
  const again = setInterval(send, timeoutMs / TRIES);
  try {
    send();
    await connection.receive(timeoutMs);
  } finally {
    clearInterval(again);
    connection.close();
  }
}

async function ask(host: string, check: HealthCheck, signal: AbortSignal): Promise<void> {
  const timeoutMs = check.timeoutSeconds * 1000;
  if (check.url !== undefined) return askHttp(check.url, signal);
  if (check.tcp !== undefined) return askTcp(host, check.tcp.port, signal);
  if (check.udp !== undefined) return askUdp(host, check.udp, timeoutMs, signal);
  if (check.director !== undefined) return askDirector(host, check.director, timeoutMs, signal);
}

/** Who is asked: the check's own host, else each address, else the host name. */
const hostsOf = ({ addresses, hostname = "" }: DirectoryEndpoint, check: HealthCheck) =>
  check.host !== undefined ? [check.host] : addresses.length > 0 ? addresses : [hostname];

/** Asks over the network. */
export const networkProbe: Probe = async (endpoint, check) => {
  const signal = AbortSignal.timeout(check.timeoutSeconds * 1000);
  const hosts = check.url === undefined ? hostsOf(endpoint, check) : [""];
  try {
    await Promise.any(hosts.map((host) => ask(host, check, signal)));
    return true;
  } catch {
    return false;
  }
};
