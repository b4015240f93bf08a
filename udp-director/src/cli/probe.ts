import { CliError, EXIT } from "./exit.ts";
import { askFor, failing, wantedBackend } from "./query-options.ts";
import { elapsed, openSession, type SessionOptions } from "./session.ts";

/** How often the echo packet is sent before the probe gives up: UDP may lose one. */
const ATTEMPTS = 3;

/**
 * `udp-director probe`: query, token, session, echo. The backend must send the payload back,
 * with or without text in front of it. Prints one line a step.
 */
export async function probeCommand(options: SessionOptions): Promise<void> {
  let start = performance.now();
  const grant = await askFor(options, wantedBackend(options));
  process.stdout.write(`query ok: token ${grant.token} (${elapsed(start)})\n`);
  const connection = await openSession(options, grant);
  try {
    for (let attempt = 1; ; attempt++) {
      const payload = `probe ${grant.token} ${attempt}`;
      start = performance.now();
      connection.send(payload);
      const reply = await connection.receive(options.timeout).catch((error: unknown) => {
        if (attempt < ATTEMPTS) return undefined;
        return failing(Promise.reject(error));
      });
      if (reply === undefined) continue;
      const text = reply.toString();
      if (!text.includes(`probe ${grant.token}`)) {
        throw new CliError("a packet came back, but not the echo of the probe", EXIT.failed);
      }
      process.stdout.write(`echo ok: ${JSON.stringify(text)} (${elapsed(start)})\n`);
      return;
    }
  } finally {
    connection.close();
  }
}
