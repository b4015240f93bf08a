import type { DirectorMetrics } from "../admin/metrics.ts";
import type { Protection } from "../protection/protection.ts";
import { queryRefusal } from "../protection/query-allow.ts";
import { queryErrors } from "../protocol/query-errors.ts";
import { encodeError } from "../protocol/response.ts";
import { type AnswerDependencies, answerRequest } from "../query/answer.ts";
import type { QueryCredentials } from "../query/credentials.ts";
import { QueryServer } from "../query/server.ts";
import type { TokenMint } from "../tokens/token-mint.ts";
import type { Tracing } from "../tracing/tracing.ts";
import type { Choice } from "./choice.ts";
import type { LiveConfig } from "./live-config.ts";
import type { Readiness } from "./readiness.ts";

/** What the query port asks of the other parts. */
export interface QueryPortParts {
  readonly credentials: QueryCredentials;
  readonly protection: Protection;
  readonly readiness: Readiness;
  readonly choice: Choice;
  readonly mint: TokenMint;
  readonly metrics: DirectorMetrics;
  readonly sessions: AnswerDependencies["sessions"];
  readonly recall: AnswerDependencies["recall"];
  readonly tracing: Tracing | undefined;
  /** Data port name to the port that is really bound. */
  readonly directorPorts: () => Readonly<Record<string, number>>;
  readonly lease: AnswerDependencies["lease"];
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly note: (message: string) => void;
}

/** The query port of a director: credentials, what may be asked for, drain, then the answer. */
export function makeQueryPort(live: LiveConfig, parts: QueryPortParts): QueryServer {
  const { credentials, protection, readiness, choice, metrics, now, note } = parts;
  const dependencies: AnswerDependencies = {
    sessions: parts.sessions,
    recall: parts.recall,
    selector: {
      select(query, client) {
        const error = queryRefusal(live.config.protection.allowQueries, query);
        if (readiness.draining) return { ok: false, error: queryErrors.draining };
        if (error !== undefined) return { ok: false, error };
        return choice.select(query, client);
      },
    },
    now,
    newToken: (target, source) => parts.mint.draw(target, source),
    get tokenTtlSeconds() {
      return live.config.tokenTtlSeconds;
    },
    directorPorts: parts.directorPorts,
    lease: parts.lease,
  };
  const answer = (body: Uint8Array, peer: string) => {
    if (credentials.authorizes(body)) return answerRequest(body, peer, dependencies);
    protection.tokenFailed(now(), peer);
    return { ok: false, text: encodeError(queryErrors.unauthorized) };
  };
  const server = new QueryServer({
    answer: (body, peer) =>
      parts.tracing
        ? parts.tracing.query(body, peer, () => answer(body, peer))
        : answer(body, peer),
    tls: credentials.tls,
    answered: (ok, seconds) => metrics.queryAnswered(ok, seconds),
    refused: (why) => metrics.queryRefused(why),
    turnsAway: (peer) => protection.banned(now(), peer),
    sourceOf: (peer) => protection.limitedSource(peer),
    get maxConnectionsPerSource() {
      return live.config.protection.maxQueryConnectionsPerSource;
    },
    get maxConnections() {
      return live.config.limits.maxQueryConnections;
    },
    get timeoutMs() {
      return live.config.limits.queryTimeoutSeconds * 1000;
    },
    now,
    note,
  });
  credentials.onTls = (tls) => server.renew(tls);
  return server;
}
