import { isIP } from "node:net";
import { pino } from "pino";
import { type EchoServer, startEcho } from "../echo/echo-server.ts";
import type { Transport } from "../nat/nat-packet.ts";
import { BindError, errorCode } from "../net/bind-error.ts";
import { CliError, EXIT } from "./exit.ts";
import { stopSignal } from "./stop-signal.ts";

export interface EchoOptions {
  readonly host: string;
  readonly port: number;
  readonly label?: string;
  readonly healthPort?: number;
  readonly proxyProtocol?: boolean;
  readonly otherAddress?: string;
  readonly otherPort?: number;
  readonly logLevel: string;
}

async function healthServer(host: string, port: number) {
  const { default: Fastify } = await import("fastify");
  const app = Fastify({ forceCloseConnections: true });
  for (const path of ["/livez", "/readyz"]) app.get(path, async () => ({ status: "ready" }));
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw new BindError("TCP", host, port, "--health-port", errorCode(error));
  }
  return app;
}

/** Where the echo is besides its own address and port, to tell clients their NAT. */
function otherPlace({ host, port, otherAddress, otherPort }: EchoOptions): Transport | undefined {
  if (otherAddress === undefined && otherPort === undefined) return undefined;
  const refuse = (message: string) => new CliError(message, EXIT.usage);
  if (otherAddress === undefined || otherPort === undefined) {
    throw refuse("--other-address and --other-port go together");
  }
  if (isIP(otherAddress) === 0) throw refuse(`--other-address: ${otherAddress} is no IP address`);
  if (isIP(host) !== isIP(otherAddress)) {
    throw refuse("--other-address: has to be of the IP version of --host");
  }
  if (/^[0:.]+$/.test(host) || host === otherAddress || port === otherPort) {
    throw refuse("--other-address and --other-port: need a --host and --port apart from them");
  }
  return { address: otherAddress, port: otherPort };
}

/** `udp-director echo`: runs until SIGTERM or SIGINT. */
export async function echoCommand(options: EchoOptions): Promise<void> {
  const { host, port, label, healthPort, proxyProtocol } = options;
  if (isIP(host) === 0) {
    throw new CliError(`--host: ${host} is not an IP address`, EXIT.usage);
  }
  const other = otherPlace(options);
  const stopped = stopSignal();
  const log = pino({ name: "udp-director-echo", level: options.logLevel });
  let echo: EchoServer | undefined;
  try {
    echo = await startEcho(host, port, label, proxyProtocol, other);
    const health = healthPort === undefined ? undefined : await healthServer(host, healthPort);
    log.info({ host, port: echo.port, label, healthPort }, "ready");
    const signal = await stopped;
    log.info({ signal, packets: echo.packets }, "stopped");
    await health?.close();
  } catch (error) {
    if (error instanceof BindError) throw new CliError(error.message, EXIT.usage);
    throw error;
  } finally {
    echo?.close();
  }
}
