import { once } from "node:events";
import { readFile } from "node:fs/promises";
import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import { Readable } from "node:stream";
import { json } from "node:stream/consumers";
import { setTimeout as wait } from "node:timers/promises";
import type { DirectorEvent } from "../admin/events/event-schemas.ts";
import { EventParser, readEvents } from "../admin/page/event-source.js";
import { CliError, EXIT } from "./exit.ts";

/** Options of every command that talks to a director's admin API. */
export interface AdminOptions {
  /** Base URL. */
  readonly admin: string;
  readonly tokenFile?: string;
  /** Files, PEM: the authority that is trusted, and one's own certificate and key. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
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
  return json(response).catch((error) => {
    throw silence(urlOf(options, path), error);
  });
}

/** As `adminRequest`, for an answer that goes on: no time limit, and the body as it comes. */
export async function adminStream(options: AdminOptions, path: string): Promise<Readable> {
  return send(options, "GET", path);
}

function silence({ origin, protocol }: URL, error: unknown): CliError {
  const { code, message } = error as { readonly code?: string; readonly message: string };
  const tls = protocol === "https:" && code !== "ECONNREFUSED" ? ` (${message})` : "";
  return new CliError(
    `no answer from ${origin}${tls}; is the director running, with an admin block in its configuration?`,
    EXIT.failed,
  );
}

/** Sends a request and returns its answer; a refusal or silence is a CliError. */
async function send(
  options: AdminOptions,
  method: Method,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<IncomingMessage> {
  const url = urlOf(options, path);
  const extra = await credentials(options);
  let response: IncomingMessage;
  let refusal: { readonly error?: unknown } | undefined;
  try {
    response = await exchange(url, extra, method, body, signal);
    if (response.statusCode !== 200) refusal = (await json(response)) as { error?: unknown };
  } catch (error) {
    throw silence(url, error);
  }
  if (refusal === undefined) return response;
  throw new CliError(`the director refuses: ${String(refusal.error)}`, EXIT.failed);
}

/** `fetch` knows neither an authority of one's own nor client certificates. */
async function exchange(
  url: URL,
  { headers, ...tls }: Credentials,
  method: Method,
  body?: unknown,
  signal?: AbortSignal,
): Promise<IncomingMessage> {
  const { request } = url.protocol === "https:" ? https : http;
  const type = body === undefined ? {} : { "content-type": "application/json" };
  const sent = request(url, {
    ...tls,
    method,
    headers: { ...headers, ...type },
    ...(signal === undefined ? {} : { signal }),
  });
  sent.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  return response;
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
        const { headers, ...tls } = await credentials(options);
        if (parser.lastId !== "") headers["last-event-id"] = parser.lastId;
        const url = urlOf(options, `/v1/events?recent=${recent}`);
        const { signal } = abort;
        const response = await exchange(url, { headers, ...tls }, "GET", undefined, signal);
        const stream = Readable.toWeb(response) as ReadableStream<Uint8Array>;
        if (response.statusCode === 200) await readEvents(stream, parser, onEvents);
        else response.destroy();
      } catch {
        // The figures, which are asked for as well, say what is wrong.
      }
      await wait(RETRY_MS, undefined, { signal: abort.signal }).catch(() => undefined);
    }
  };
  void follow();
  return () => abort.abort();
}

/** What a request carries so that the director lets it in. */
interface Credentials {
  readonly headers: Record<string, string>;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

async function credentials({ tokenFile, ca, cert, key }: AdminOptions): Promise<Credentials> {
  const read = async (what: string, file: string) =>
    readFile(file, "utf8").catch((error: Error) => {
      throw new CliError(`cannot read the ${what}: ${error.message}`, EXIT.usage);
    });
  return {
    headers:
      tokenFile === undefined
        ? {}
        : { authorization: `Bearer ${(await read("token", tokenFile)).trim()}` },
    ...(ca === undefined ? {} : { ca: await read("authority", ca) }),
    ...(cert === undefined ? {} : { cert: await read("certificate", cert) }),
    ...(key === undefined ? {} : { key: await read("key", key) }),
  };
}

function urlOf({ admin }: AdminOptions, path: string): URL {
  try {
    return new URL(path, admin);
  } catch {
    throw new CliError(`--admin: ${admin} is not a URL`, EXIT.usage);
  }
}
