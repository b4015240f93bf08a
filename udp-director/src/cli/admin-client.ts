import { readFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import type { DirectorEvent } from "../admin/events/event-schemas.ts";
import { EventParser, readEvents } from "../admin/page/event-source.js";
import { CliError, EXIT } from "./exit.ts";

/** Options of every command that talks to a director's admin API. */
export interface AdminOptions {
  /** Base URL. */
  readonly admin: string;
  readonly tokenFile?: string;
}

type Method = "GET" | "POST" | "DELETE";

/** Between two attempts at the event stream. Milliseconds. */
const RETRY_MS = 1000;

/**
 * Sends one request to the admin API and returns the JSON of its answer. A refusal, silence or
 * a token file that cannot be read ends the command with one line.
 */
export async function adminRequest(
  options: AdminOptions,
  method: Method,
  path: string,
  body?: unknown,
): Promise<unknown> {
  const response = await send(options, method, path, body, AbortSignal.timeout(30_000));
  return response.json().catch(() => {
    throw silence(urlOf(options, path));
  });
}

/** As `adminRequest`, for an answer that goes on: no time limit, and the body as it comes. */
export async function adminStream(
  options: AdminOptions,
  path: string,
): Promise<ReadableStream<Uint8Array>> {
  const { body } = await send(options, "GET", path);
  if (body === null) throw new CliError("the director's answer is empty", EXIT.failed);
  return body;
}

const silence = ({ origin }: URL) =>
  new CliError(
    `no answer from ${origin}; is the director running, with an admin block in its configuration?`,
    EXIT.failed,
  );

async function send(
  options: AdminOptions,
  method: Method,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<Response> {
  const headers = await authorization(options);
  if (body !== undefined) headers["content-type"] = "application/json";
  const url = urlOf(options, path);
  let response: Response;
  let refusal: { readonly error?: unknown } | undefined;
  try {
    response = await fetch(url, {
      method,
      headers,
      ...(signal === undefined ? {} : { signal }),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) refusal = (await response.json()) as { readonly error?: unknown };
  } catch {
    throw silence(url);
  }
  if (refusal === undefined) return response;
  throw new CliError(`the director refuses: ${String(refusal.error)}`, EXIT.failed);
}

/**
 * Follows the events of a director until the function that it returns is called, the last
 * `recent` ones first. A stream that ends or is refused is opened again.
 */
export function adminEvents(
  options: AdminOptions,
  recent: number,
  onEvents: (events: DirectorEvent[]) => void,
): () => void {
  const abort = new AbortController();
  const parser = new EventParser();
  const follow = async () => {
    while (!abort.signal.aborted) {
      try {
        const headers = await authorization(options);
        if (parser.lastId !== "") headers["last-event-id"] = parser.lastId;
        const url = urlOf(options, `/v1/events?recent=${recent}`);
        const { body, ok } = await fetch(url, { headers, signal: abort.signal });
        if (ok && body !== null) await readEvents(body, parser, onEvents);
        else await body?.cancel();
      } catch {
        // The figures, which are asked for as well, say what is wrong.
      }
      await wait(RETRY_MS, undefined, { signal: abort.signal }).catch(() => undefined);
    }
  };
  void follow();
  return () => abort.abort();
}

async function authorization({ tokenFile }: AdminOptions): Promise<Record<string, string>> {
  if (tokenFile === undefined) return {};
  const token = await readFile(tokenFile, "utf8").catch((error: Error) => {
    throw new CliError(`cannot read the token: ${error.message}`, EXIT.usage);
  });
  return { authorization: `Bearer ${token.trim()}` };
}

function urlOf({ admin }: AdminOptions, path: string): URL {
  try {
    return new URL(path, admin);
  } catch {
    throw new CliError(`--admin: ${admin} is not a URL`, EXIT.usage);
  }
}
