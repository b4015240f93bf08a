import { setTimeout as wait } from "node:timers/promises";
import { ControlServer } from "./admin/control-server.ts";
import { DirectorMetrics } from "./admin/metrics.ts";
import { AdminServer } from "./admin/server.ts";
import { observers, SessionLog } from "./admin/session-log.ts";
import type { DirectorConfig } from "./config/schema.ts";
import { type Listener, type Routes, UserspaceDataPath } from "./data/userspace.ts";
import { createDiscovery } from "./discovery/create-discovery.ts";
import type { DiscoveryReporter } from "./discovery/discovery.ts";
import type { ResolveName } from "./discovery/name-cache.ts";
import { drain } from "./drain.ts";
import { Protection } from "./protection/protection.ts";
import { queryRefusal } from "./protection/query-allow.ts";
import { parseMagic } from "./protocol/control-packet.ts";
import { queryErrors } from "./protocol/query-errors.ts";
import { encodeError } from "./protocol/response.ts";
import { answerRequest } from "./query/answer.ts";
import { QueryCredentials } from "./query/credentials.ts";
import { QueryServer } from "./query/server.ts";
import { accepting, Backends, type SelectorOver } from "./retarget/backends.ts";
import { Rehome } from "./retarget/rehome.ts";
import { remember } from "./retarget/remember.ts";
import { defaultEndpointQuery, Selector } from "./selection/selector.ts";
import { SessionTable } from "./sessions/session-table.ts";
import type { BackendTarget } from "./sessions/target.ts";
import { openState } from "./store/open-state.ts";
import { openMint } from "./tokens/token-mint.ts";

/** Log lines of a director; pino's loggers fit. */
export interface DirectorLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** What a director needs from outside. */
export interface DirectorDependencies {
  readonly log: DirectorLog;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** A fresh UUID v4 from a cryptographic source. */
  readonly newToken: () => string;
  /** Milliseconds since 1970. Left out: the system's clock. */
  readonly wallNow?: () => number;
  /** Where `secretEnv` looks. Left out: nothing is set. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly resolveName: ResolveName;
}

/** A running director. */
export interface Director {
  readonly queryPort: number;
  readonly metricsPort: number;
  /** TCP port of the admin API, where there is one. */
  readonly adminPort: number | undefined;
  /** Data port name to bound UDP port. */
  readonly dataPorts: Readonly<Record<string, number>>;
  /** What still keeps it from being ready; empty when ready. */
  notReady(): readonly string[];
  /** Resolves when discovery has loaded; everything is bound before this object exists. */
  readonly whenReady: Promise<void>;
  /** Takes readiness away while sockets keep working, as the first step of a shutdown. */
  unready(reason: string): void;
  /**
   * Refuses new sessions after `shutdown.delaySeconds` and gives the others up to `drainSeconds`.
   * Resolves with the sessions that are left then.
   */
  drain(): Promise<number>;
  /** Ends sessions and closes all sockets. */
  close(): Promise<void>;
}

/** How often idle sessions are looked for when no packet does it anyway. Milliseconds. */
const TICK_MS = 1000;
/** What keeps a director that takes no new sessions from being ready. */
const DRAINING = "draining";

/**
 * Puts the parts together and binds everything. Ports 0 take free ports. Rejects with a
 * BindError, everything closed again, when a socket cannot be bound, and with a SettingError
 * when a file or variable that the configuration names cannot be used.
 */
export async function startDirector(
  config: DirectorConfig,
  dependencies: DirectorDependencies,
): Promise<Director> {
  const { log, now, newToken, resolveName } = dependencies;
  const { wallNow = Date.now, environment = {} } = dependencies;
  const mint = await openMint(config.tokens, config.tokenTtlSeconds, {
    newUuid: newToken,
    wallNow,
    environment,
  });
  const startedAt = now();
  const metrics = new DirectorMetrics();
  const note = (message: string) => log.info({}, message);
  const credentials = await QueryCredentials.open(config, note);
  const report: DiscoveryReporter = {
    info: note,
    problem(kind, message) {
      metrics.discoveryProblem(kind);
      log.warn({ kind }, message);
    },
    apiRequest: (type, ok, seconds) => metrics.kubernetesRequest(type, ok, seconds),
  };
  const discovery = createDiscovery(config, { resolveName, report, now });
  const dataPath = new UserspaceDataPath({
    maxQueuedPackets: config.limits.maxQueuedPackets,
    magic: parseMagic(config.controlPacketMagicBytes),
    now,
    meter: metrics,
    observer: metrics,
    note,
  });
  const protection = new Protection(config.protection, (source) => {
    metrics.sourceBanned();
    log.warn({ source, seconds: config.protection.tokenFailures.banSeconds }, "banned a source");
  });
  const firstMatch = { ...config, loadBalancing: "firstMatch" } as const;
  const selectorOver: SelectorOver = (source, strategy) =>
    new Selector(strategy === "configured" ? config : firstMatch, source, (target) =>
      table.sessionsOn(target.key),
    );
  const selector = selectorOver(accepting(discovery), "configured");
  const fallback = defaultEndpointQuery(config);
  const chooseDefault = (client?: string): BackendTarget | undefined => {
    const selected = fallback && remember(selector.select(fallback, client), fallback);
    return selected?.ok ? selected.target : undefined;
  };
  const state = openState<Listener>(config, {
    now,
    wallNow,
    environment,
    metrics: metrics.store,
    observer: metrics,
    log: { info: note, warn: (message) => log.warn({}, message) },
  });
  const table: SessionTable<Routes, Listener> = new SessionTable(
    {
      magic: parseMagic(config.controlPacketMagicBytes),
      sessionTimeoutMs: config.sessionTimeoutSeconds * 1000,
      maxSessions: config.limits.maxSessions,
      tokenTtlMs: config.tokenTtlSeconds * 1000,
      maxTokens: config.limits.maxTokens,
      unproven: config.protection.unproven.replyFactor > 0 ? config.protection.unproven : undefined,
      ackPackets: config.ackPackets,
      tokenRules: mint.rules,
      sealed: mint.sealed,
      keeper: state?.recorder,
    },
    dataPath,
    observers(metrics, new SessionLog(config.sessionLog, { log, now })),
    { choose: chooseDefault },
    protection,
  );
  const backends = new Backends(discovery, selectorOver);
  const rehome = new Rehome(
    { goneMs: config.rehome.goneSeconds * 1000, defaultQuery: fallback },
    table,
    backends,
  );
  dataPath.sink = table;
  metrics.observe({
    sessions: table,
    defaultEndpointAvailable: () => chooseDefault() !== undefined,
    resources: () => discovery.counts(),
    uptimeSeconds: () => (now() - startedAt) / 1000,
    bannedSources: () => protection.bans(now()).length,
    strandedSessions: () => rehome.stranded,
  });

  const dataPorts: Record<string, number> = {};
  const blockers = new Set(["sockets"]);
  const notReady = () => [...blockers, ...(discovery.ready ? [] : ["discovery"])];
  const query = new QueryServer({
    answer: (body, peerAddress) => {
      if (!credentials.authorizes(body)) {
        protection.tokenFailed(now(), peerAddress);
        return { ok: false, text: encodeError(queryErrors.unauthorized) };
      }
      return answerRequest(body, peerAddress, {
        sessions: table,
        selector: {
          select(query, client) {
            const error = queryRefusal(config.protection.allowQueries, query);
            if (blockers.has(DRAINING)) return { ok: false, error: queryErrors.draining };
            if (error !== undefined) return { ok: false, error };
            return remember(selector.select(query, client), query);
          },
        },
        now,
        newToken: mint.draw,
        tokenTtlSeconds: config.tokenTtlSeconds,
        directorPorts: () => dataPorts,
      });
    },
    tls: credentials.tls,
    answered: (ok, seconds) => metrics.queryAnswered(ok, seconds),
    refused: (why) => metrics.queryRefused(why),
    turnsAway: (peer) => protection.banned(now(), peer),
    sourceOf: (peer) => protection.limitedSource(peer),
    maxConnectionsPerSource: config.protection.maxQueryConnectionsPerSource,
    maxConnections: config.limits.maxQueryConnections,
    timeoutMs: config.limits.queryTimeoutSeconds * 1000,
    now,
    note,
  });
  const admin = new AdminServer({ registry: metrics.registry, notReady, note });
  credentials.onTls = (tls) => query.renew(tls);
  const control = new ControlServer({
    table,
    backends,
    localPorts: (session) => dataPath.localPorts(session),
    protection,
    now,
    note,
    figures: () => ({
      uptimeSeconds: (now() - startedAt) / 1000,
      sessions: table.size,
      clients: table.clients,
      tokens: table.tokens,
      bans: protection.bans(now()).length,
      stranded: rehome.stranded,
      totals: metrics.totals(),
    }),
  });
  const ticker = setInterval(() => table.tick(now()), TICK_MS);
  ticker.unref();
  const checkBackends = () => {
    if (!config.rehome.enabled || !discovery.ready) return;
    const moved = rehome.check(now());
    if (moved > 0) log.info({ sessions: moved }, "moved sessions off backends that went away");
  };
  const rehoming = setInterval(checkBackends, config.rehome.checkSeconds * 1000);
  rehoming.unref();
  // A change is looked at soon, once for all changes of this turn of the event loop.
  let checkDue: NodeJS.Immediate | undefined;
  const endChanges = discovery.onChange(({ kind }) => {
    if (kind === "added") return;
    checkDue ??= setImmediate(() => {
      checkDue = undefined;
      checkBackends();
    });
  });

  const close = async () => {
    clearInterval(ticker);
    clearInterval(rehoming);
    clearImmediate(checkDue);
    endChanges();
    credentials.close();
    dataPath.close();
    await state?.close();
    table.closeAll(now());
    await Promise.all([query.close(), admin.close(), control.close(), discovery.close()]);
  };
  try {
    const metricsPort = await admin.listen(config.metricsListen, config.metricsPort);
    const adminPort = config.admin && (await control.listen(config.admin));
    const restored = (await state?.load(table)) ?? 0;
    if (restored > 0) log.info({ sessions: restored }, "restored sessions");
    for (const { name, port } of config.dataPorts) {
      dataPorts[name] = await dataPath.listen(name, config.listen, port, `the data port "${name}"`);
    }
    const queryPort = await query.listen(config.listen, config.queryPort);
    blockers.delete("sockets");
    // Not awaited: a slow resolver or a file that is still missing only delays readiness.
    void discovery.start();
    return {
      queryPort,
      metricsPort,
      adminPort,
      dataPorts,
      notReady,
      whenReady: discovery.whenReady,
      unready: (reason) => void blockers.add(reason),
      drain: () =>
        drain({
          delayMs: config.shutdown.delaySeconds * 1000,
          drainMs: config.shutdown.drainSeconds * 1000,
          refuseNew() {
            blockers.add(DRAINING);
            table.drain();
          },
          sessions: () => table.size,
          wait,
        }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
