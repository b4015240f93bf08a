import { setTimeout as delay } from "node:timers/promises";
import { DirectorConnection, query } from "udp-director/client";
import { Advice } from "./terminal.ts";

/** Outputs of the stack `local`. */
export interface LocalOutputs {
  readonly endpoint: {
    readonly addresses: readonly string[];
    readonly ports: readonly { readonly name: string; readonly port: number }[];
  };
  readonly directory: string;
  readonly metrics: string;
}

/** Packets sent to each backend. */
const PACKETS = 10;
/** The directory has probed the director by then. Milliseconds. */
const HEALTH_TIMEOUT_MS = 5000;

/**
 * Uses the endpoint as a client does: a token by TCP, packets by UDP through the first backend, a
 * re-target of the live session, packets through the second. Prints what came back and how long it
 * took.
 *
 * @throws Advice that says which packet did not come back and where to look.
 */
export async function prove(outputs: LocalOutputs, print: (line: string) => void): Promise<void> {
  const host = outputs.endpoint.addresses[0] ?? "";
  const queryPort = portOf(outputs, "query");
  const dataPort = portOf(outputs, "data");
  const ask = async (version: string) => {
    const grant = await query(
      { host, queryPort },
      { resourceType: "echo", namespace: "local", labelSelector: { version } },
    );
    print(`  query      TCP ${host}:${queryPort}  version=${version} -> token ${grant.token}`);
    return grant.token;
  };

  print("\nPackets, as a client sees them:");
  const connection = await DirectorConnection.open({ host, dataPort, token: await ask("a") });
  try {
    print(`  connect    UDP ${host}:${connection.localPort} -> ${host}:${dataPort}`);
    print(`  ${await echoes(connection, "echo-a")}`);
    connection.reset(await ask("b"));
    print("  re-target  same socket, same session");
    print(`  ${await echoes(connection, "echo-b")}`);
  } finally {
    connection.close();
  }
  print(`  directory  ${await listed(outputs.directory, host, dataPort)}`);
  print(`  metrics    ${outputs.metrics}\n`);
}

function portOf(outputs: LocalOutputs, name: string): number {
  const port = outputs.endpoint.ports.find((one) => one.name === name)?.port;
  if (port === undefined) {
    throw new Advice(`the stack's endpoint has no port "${name}": run npm run up again`);
  }
  return port;
}

async function echoes(connection: DirectorConnection, label: string): Promise<string> {
  const times: number[] = [];
  for (let number = 1; number <= PACKETS; number += 1) {
    const payload = `packet ${number} for ${label}`;
    const sent = performance.now();
    connection.send(payload);
    const reply = (await connection.receive()).toString();
    times.push(performance.now() - sent);
    if (!reply.startsWith(label) || !reply.endsWith(payload)) {
      throw new Advice(
        `"${payload}" came back as "${reply}": the logs in .local/local/ tell where it went`,
      );
    }
  }
  times.sort((a, b) => a - b);
  const ms = (time = Number.NaN) => `${time.toFixed(2)} ms`;
  const median = times[Math.floor(times.length / 2)];
  return `${label.padEnd(9)}  ${times.length} of ${PACKETS} packets echoed, round trip ${ms(median)} (${ms(times[0])} to ${ms(times.at(-1))})`;
}

/** The directory learns health from probes: right after the start it may not know yet. */
async function listed(url: string, host: string, dataPort: number): Promise<string> {
  const deadline = performance.now() + HEALTH_TIMEOUT_MS;
  for (;;) {
    const body = (await (await fetch(url)).json()) as {
      endpoints: {
        name: string;
        addresses: string[];
        ports: { port: number }[];
        healthy: boolean | null;
      }[];
    };
    const entry = body.endpoints.find(
      ({ addresses, ports }) =>
        addresses.includes(host) && ports.some(({ port }) => port === dataPort),
    );
    if (entry?.healthy === true) {
      return `${url} lists "${entry.name}" at ${host}:${dataPort}, healthy`;
    }
    if (performance.now() > deadline) {
      throw new Advice(
        `${url} ${entry ? "does not find the director healthy" : "does not list the director"}: see .local/local/directory-process/process.log`,
      );
    }
    await delay(100);
  }
}
