import { askFor, type QueryOptions, wantedBackend } from "./query-options.ts";

/** `udp-director query`: prints the grant as one line of JSON. */
export async function queryCommand(options: QueryOptions): Promise<void> {
  const grant = await askFor(options, wantedBackend(options));
  const { token, address, ports, ttlSeconds: ttl, directorPorts, leaseSeconds } = grant;
  process.stdout.write(
    `${JSON.stringify({ token, address, ports, ttl, directorPorts, leaseSeconds })}\n`,
  );
}
