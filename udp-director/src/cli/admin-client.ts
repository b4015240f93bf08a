import { readFile } from "node:fs/promises";
import { CliError, EXIT } from "./exit.ts";

/** Options of every command that talks to a director's admin API. */
export interface AdminOptions {
  /** Base URL. */
  readonly admin: string;
  readonly tokenFile?: string;
}

/**
 * Sends one request to the admin API and returns the JSON of its answer. A refusal, silence or
 * a token file that cannot be read ends the command with one line.
 */
export async function adminRequest(
  options: AdminOptions,
  method: "GET" | "POST" | "DELETE",
  path: string,
  body?: unknown,
): Promise<unknown> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers["content-type"] = "application/json";
  if (options.tokenFile !== undefined) {
    const token = await readFile(options.tokenFile, "utf8").catch((error: Error) => {
      throw new CliError(`cannot read the token: ${error.message}`, EXIT.usage);
    });
    headers.authorization = `Bearer ${token.trim()}`;
  }
  let url: URL;
  try {
    url = new URL(path, options.admin);
  } catch {
    throw new CliError(`--admin: ${options.admin} is not a URL`, EXIT.usage);
  }
  let status: number;
  let answer: unknown;
  try {
    const response = await fetch(url, {
      method,
      headers,
      signal: AbortSignal.timeout(30_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    status = response.status;
    answer = await response.json();
  } catch {
    throw new CliError(
      `no answer from ${url.origin}; is the director running, with an admin block in its configuration?`,
      EXIT.failed,
    );
  }
  if (status < 400) return answer;
  const { error } = answer as { readonly error?: unknown };
  throw new CliError(`the director refuses: ${String(error)}`, EXIT.failed);
}
