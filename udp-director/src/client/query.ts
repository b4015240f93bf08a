import { connect } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { hostPort } from "../net/addresses.ts";
import { type DirectorResponse, decodeResponse } from "../protocol/response.ts";

/** Where a director's query port is, and how long to wait for it. */
export interface QueryTarget {
  readonly host: string;
  /** TCP port. Left out: 9000. */
  readonly queryPort?: number;
  /** Milliseconds for connect, request and answer together. Left out: 5000. */
  readonly timeoutMs?: number;
  /** TLS, with these options of node:tls; `{}` for a certificate that the system trusts. */
  readonly tls?: Pick<ConnectionOptions, "ca" | "cert" | "key" | "servername"> | undefined;
  /** Token of a director that wants one with each query. */
  readonly bearer?: string | undefined;
  /** Ends the wait early. */
  readonly signal?: AbortSignal;
}

/**
 * A condition on a value of the resource: any of these texts, or a number within these bounds,
 * or both. At least one is needed.
 */
export interface StatusCondition {
  /** JSONPath from the object's root; `$.` may be left out: `status.players`. */
  readonly jsonPath: string;
  /** Compared as text: 3 is the number 3 and the text "3", true is true and "true". */
  readonly expectedValues?: readonly (string | number | boolean)[];
  readonly above?: number;
  readonly atLeast?: number;
  readonly below?: number;
  readonly atMost?: number;
}

/** A query as a client writes it. */
export interface Query {
  readonly resourceType: string;
  readonly namespace: string;
  readonly labelSelector?: Readonly<Record<string, string>>;
  readonly annotationSelector?: Readonly<Record<string, string>>;
  readonly statusQuery?: StatusCondition;
  /**
   * Name of a port range: asks for a port that leads to the backend without a token. It is in the
   * grant's `directorPorts` under this name, the backend's for `leaseSeconds` and while it is used.
   */
  readonly portRange?: string;
}

/** A granted token and what came with it. */
export type Grant = Extract<DirectorResponse, { ok: true }>;

/** The director answered with `{"error": ...}`; the message is its text. */
export class DirectorRefusal extends Error {
  override readonly name = "DirectorRefusal";
}

/** No usable answer: nobody listens, the wait was too long, or it is not a director. */
export class DirectorUnreachable extends Error {
  override readonly name = "DirectorUnreachable";
}

/** Longest answer read, in bytes; real ones are below 1 KiB. */
const MAX_ANSWER_BYTES = 65_536;

/**
 * Sends one JSON document and returns the raw text of the answer. Rejects with
 * DirectorUnreachable.
 */
export function exchange(target: QueryTarget, request: string | Uint8Array): Promise<string> {
  const { host, queryPort = 9000, timeoutMs = 5000, signal } = target;
  const where = hostPort(host, queryPort);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const socket =
      target.tls === undefined
        ? connect({ host, port: queryPort })
        : connectTls({ ...target.tls, host, port: queryPort });
    const finish = (why?: string) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", aborted);
      socket.destroy();
      if (why === undefined) resolve(Buffer.concat(chunks).toString("utf8"));
      else reject(new DirectorUnreachable(why));
    };
    const aborted = () => finish(`query to ${where} was cancelled`);
    const timer = setTimeout(() => finish(`no answer from ${where} in ${timeoutMs} ms`), timeoutMs);
    signal?.addEventListener("abort", aborted);
    if (signal?.aborted) return aborted();
    socket.on(target.tls === undefined ? "connect" : "secureConnect", () => socket.write(request));
    socket.on("data", (chunk) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) finish(`${where} answers endlessly; is it a director?`);
    });
    socket.on("end", () =>
      finish(bytes === 0 ? `${where} closed without an answer; too many connections?` : undefined),
    );
    socket.on("error", (error: NodeJS.ErrnoException) =>
      finish(
        error.code === "ECONNREFUSED"
          ? `nobody listens on TCP ${where}; is the director running?`
          : `cannot reach TCP ${where}: ${error.message}`,
      ),
    );
  });
}

async function ask(target: QueryTarget, request: object): Promise<Grant> {
  const { bearer } = target;
  const text = await exchange(
    target,
    JSON.stringify(bearer === undefined ? request : { ...request, bearer }),
  );
  const response = decodeResponse(text);
  if (!response.ok) throw new DirectorRefusal(response.error);
  return response;
}

/** Asks for a token. Rejects with DirectorRefusal or DirectorUnreachable. */
export function query(target: QueryTarget, wanted: Query): Promise<Grant> {
  return ask(target, { type: "query", ...wanted });
}

/**
 * Moves this host's session to the token's backend, over TCP. `clientPort` names the session's
 * UDP port and is needed when this host has several. Rejects like `query`.
 */
export function sessionReset(
  target: QueryTarget,
  token: string,
  clientPort?: number,
): Promise<Grant> {
  return ask(target, { type: "sessionReset", token, ...(clientPort ? { clientPort } : {}) });
}
