import { DirectorConnection, type Grant } from "../client/index.ts";
import { failing, type QueryOptions } from "./query-options.ts";

/** Options of commands that open a session. */
export interface SessionOptions extends QueryOptions {
  readonly dataPort?: number;
  readonly magic?: string;
}

/** The data port that was asked for, else the first that the director named. */
export const grantedDataPort = (asked: number | undefined, grant: Grant): number =>
  asked ?? Object.values(grant.directorPorts ?? {})[0] ?? 7777;

/** Opens a session with a granted token, on the data port that the director named. */
export function openSession(options: SessionOptions, grant: Grant): Promise<DirectorConnection> {
  const { host, magic } = options;
  const dataPort = grantedDataPort(options.dataPort, grant);
  return failing(
    DirectorConnection.open({
      host,
      dataPort,
      token: grant.token,
      ...(magic ? { magicHex: magic } : {}),
    }),
  );
}

/** Milliseconds since `start`, for people. */
export function elapsed(start: number): string {
  return `${(performance.now() - start).toFixed(1)} ms`;
}
