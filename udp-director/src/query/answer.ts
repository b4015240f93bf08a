import { queryErrors } from "../protocol/query-errors.ts";
import { parseRequest, type ResourceQuery } from "../protocol/request.ts";
import { encodeError, encodeGrant, type TokenGrant } from "../protocol/response.ts";
import type { Extraction } from "../selection/extract.ts";
import type { QueryResetResult } from "../sessions/session-options.ts";
import type { BackendTarget } from "../sessions/target.ts";

/** What answering a request takes; the session table and the selector fit. */
export interface AnswerDependencies {
  readonly sessions: {
    issueToken(now: number, token: string, target: BackendTarget, source: string): boolean;
    resetByQuery(
      now: number,
      address: string,
      port: number | undefined,
      token: string,
    ): QueryResetResult;
  };
  /**
   * Takes over what other directors know of a token and of the session at a port. `undefined`
   * when nobody has to be asked; resolves with false when they cannot be.
   */
  readonly recall?:
    | ((address: string, port: number | undefined, token: string) => Promise<boolean> | undefined)
    | undefined;
  readonly selector: { select(query: ResourceQuery, client: string): Extraction };
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** A fresh token that nobody can guess, for a target and the address that asks for it. */
  readonly newToken: (target: BackendTarget, source: string) => string;
  readonly tokenTtlSeconds: number;
  /** Data port name to the port that is really bound. */
  readonly directorPorts: () => Readonly<Record<string, number>>;
  /** Gives a backend a port of a range; `undefined`: there is no such range. */
  readonly lease?: ((range: string, target: BackendTarget) => Lease | undefined) | undefined;
}

/** A port of a range, or the error text of the query port. */
export type Lease =
  | { readonly ok: true; readonly port: number; readonly leaseSeconds: number }
  | { readonly ok: false; readonly error: string };

/** An answer and whether it counts as success. */
export interface Answer {
  readonly ok: boolean;
  readonly text: string;
}

const refuse = (message: string): Answer => ({ ok: false, text: encodeError(message) });

function resetError(result: QueryResetResult & { ok: false }, address: string, port?: number) {
  switch (result.reason) {
    case "invalid_token":
      return queryErrors.invalidToken;
    case "no_session":
      return queryErrors.noSession(address, port);
    case "ambiguous":
      return queryErrors.ambiguousSession(address, result.sessions);
  }
}

/**
 * Answers one request of the TCP peer `peerAddress`: at once, but for a re-target that another
 * director knows more about.
 */
export function answerRequest(
  body: Uint8Array,
  peerAddress: string,
  dependencies: AnswerDependencies,
): Answer | Promise<Answer> {
  const { sessions, selector, now, newToken, tokenTtlSeconds, directorPorts } = dependencies;
  const parsed = parseRequest(body);
  if (!parsed.ok) return refuse(parsed.error);
  const { request } = parsed;
  const grant = { ttlSeconds: tokenTtlSeconds, directorPorts: directorPorts() };
  if (request.type === "sessionReset") {
    const { token, clientPort } = request;
    const reset = (): Answer => {
      const result = sessions.resetByQuery(now(), peerAddress, clientPort, token);
      if (!result.ok) return refuse(resetError(result, peerAddress, clientPort));
      return { ok: true, text: encodeGrant({ ...grant, token }) };
    };
    const recalled = dependencies.recall?.(peerAddress, clientPort, token);
    if (recalled === undefined) return reset();
    return recalled.then((told) => (told ? reset() : refuse(queryErrors.storeUnavailable)));
  }
  const selected = selector.select(request, peerAddress);
  if (!selected.ok) return refuse(selected.error);
  const { portRange } = request;
  const leased =
    portRange === undefined ? undefined : dependencies.lease?.(portRange, selected.target);
  if (portRange !== undefined && leased === undefined) {
    return refuse(queryErrors.unknownRange(portRange));
  }
  if (leased?.ok === false) return refuse(leased.error);
  const token = newToken(selected.target, peerAddress);
  if (!sessions.issueToken(now(), token, selected.target, peerAddress)) {
    return refuse(queryErrors.tokensFull);
  }
  const { address, ports } = selected.target;
  const reply: TokenGrant = {
    ...grant,
    token,
    ...(leased && portRange !== undefined
      ? {
          directorPorts: { ...grant.directorPorts, [portRange]: leased.port },
          leaseSeconds: leased.leaseSeconds,
        }
      : {}),
    ...(selected.multiPort ? { backend: { address, ports: Object.fromEntries(ports) } } : {}),
  };
  return { ok: true, text: encodeGrant(reply) };
}
