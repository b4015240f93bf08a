import { setTimeout as wait } from "node:timers/promises";
import { ControlServer } from "./admin/control-server.ts";
import { EventLog } from "./admin/events/event-log.ts";
import { EventStreams } from "./admin/events/event-streams.ts";
import { DirectorMetrics } from "./admin/metrics.ts";
import { qualitySummary } from "./admin/quality-view.ts";
import { AdminServer } from "./admin/server.ts";
import { isSampled, observers, SessionLog } from "./admin/session-log.ts";
import type { DirectorConfig } from "./config/schema.ts";
import { handBack } from "./data/hand-back.ts";
import type { KernelCounts } from "./data/kernel/counts.ts";
import type { KernelPath } from "./data/kernel/kernel-path.ts";
import type { NativePath } from "./data/native/native-path.ts";
import type { Routes } from "./data/route.ts";
import { type Listener, UserspaceDataPath } from "./data/userspace.ts";
import { withStreams } from "./data/with-streams.ts";
import type { Director, DirectorDependencies } from "./director/api.ts";
import { checkBackends } from "./director/backend-checks.ts";
import { Choice } from "./director/choice.ts";
import { bindDataPorts, makeTcpDataPath } from "./director/data-ports.ts";
import { Discoveries } from "./director/discoveries.ts";
import { expressionReport } from "./director/expression-report.ts";
import { hasSession, lookAtKernel, openKernel } from "./director/kernel.ts";
import { LiveMint } from "./director/live-mint.ts";
import { openNative } from "./director/native.ts";
import { makeAllocations, PortRanges } from "./director/port-ranges.ts";
import { makeQueryPort } from "./director/query-port.ts";
import { Readiness, storeToReach } from "./director/readiness.ts";
import { Reloader } from "./director/reload.ts";
import { tableOptions } from "./director/table-options.ts";
import { drain } from "./drain.ts";
import { Protection } from "./protection/protection.ts";
import { parseMagic } from "./protocol/control-packet.ts";
import { QueryCredentials } from "./query/credentials.ts";
import { Rehome } from "./retarget/rehome.ts";
import type { Session } from "./sessions/session.ts";
import { SessionTable } from "./sessions/session-table.ts";
import { openState } from "./store/open-state.ts";
import { QualityWatch } from "./tap/quality-watch.ts";
import { openTracing } from "./tracing/tracing.ts";

export type { Director, DirectorDependencies, DirectorLog } from "./director/api.ts";

/** How often idle sessions are looked for when no packet does it anyway. Milliseconds. */
const TICK_MS = 1000;

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
  const live = { config };
  const mint = await LiveMint.open(config, { newUuid: newToken, wallNow, environment });
  const startedAt = now();
  const metrics = new DirectorMetrics();
  const note = (message: string) => log.info({}, message);
  const credentials = await QueryCredentials.open(config, note);
  const discoveries = new Discoveries(config, {
    resolveName,
    now,
    report: {
      info: note,
      problem(kind, message) {
        metrics.discoveryProblem(kind);
        log.warn({ kind }, message);
      },
      apiRequest: (type, ok, seconds) => metrics.kubernetesRequest(type, ok, seconds),
    },
  });
  const discovery = discoveries.current;
  const dataPath = new UserspaceDataPath({
    get maxQueuedPackets() {
      return live.config.limits.maxQueuedPackets;
    },
    magic: parseMagic(config.controlPacketMagicBytes),
    now,
    meter: metrics,
    observer: metrics,
    note,
  });
  const events = new EventLog(wallNow);
  const onBan = (source: string) => {
    const seconds = live.config.protection.tokenFailures.banSeconds;
    metrics.sourceBanned();
    events.add({ kind: "source_banned", source, seconds });
    log.warn({ source, seconds }, "banned a source");
    if (kernel && !hasSession(table.sessions(), source)) kernel.ban(source, seconds * 1000);
  };
  const onUnban = (source: string) => kernel?.unban(source);
  const protection = new Protection(config.protection, onBan, onUnban);
  const choice = new Choice(config, {
    discovery,
    sessionsOn: (target) => table.sessionsOn(target.key),
    expressionFailed: expressionReport(metrics, log),
  });
  const state = openState<Listener>(live, {
    now,
    wallNow,
    environment,
    metrics: metrics.store,
    observer: metrics,
    log: { info: note, warn: (message) => log.warn({}, message) },
  });
  const streams = makeTcpDataPath(live, {
    ...{ metrics, now, note },
    sink: {
      onConnection: (...connection) => table.onConnection(...connection),
      onActivity: (at, session) => table.onActivity(at, session as Session<Routes>),
    },
    recall: state?.recallHolder,
  });
  const quality = new QualityWatch(() => live.config.quality, isSampled, metrics.quality);
  const tracing = await openTracing(config.tracing, isSampled);
  const allocations = makeAllocations(config, (port, allocation) =>
    state?.recorder.portChanged(port, allocation),
  );
  if (state) state.recorder.ports = allocations;
  const sessionLog = new SessionLog(config.sessionLog, { log, now });
  const table: SessionTable<Routes, Listener> = new SessionTable(
    tableOptions(live, mint, state?.recorder, (port) => allocations.targetOf(port)),
    withStreams(dataPath, streams),
    observers(metrics, sessionLog, events, quality, ...(tracing ? [tracing.sessions] : [])),
    { choose: (client) => choice.chooseDefault(client) },
    protection,
  );
  const rehome = new Rehome(
    {
      get goneMs() {
        return live.config.rehome.goneSeconds * 1000;
      },
      get defaultQuery() {
        return choice.fallback;
      },
    },
    table,
    choice.backends,
  );
  const ranges = new PortRanges(live, allocations, table, choice.backends);
  dataPath.sink = table;
  const uptimeSeconds = () => (now() - startedAt) / 1000;
  metrics.observe({
    sessions: table,
    defaultEndpointAvailable: () => choice.chooseDefault() !== undefined,
    resources: () => discovery.counts(),
    uptimeSeconds,
    bannedSources: () => protection.bans(now()).length,
    strandedSessions: () => rehome.stranded,
    get limits() {
      return live.config.limits;
    },
    tcpConnections: () => streams.connections,
    kernelFlows: () => kernel?.size,
    kernelProgram: () => kernel?.hasFaster ?? false,
    nativeFlows: () => native?.size,
    portAllocations: () => allocations.size,
  });

  const dataPorts: Record<string, number> = {};
  let kernel: KernelPath | undefined;
  let native: NativePath | undefined;
  const readiness = new Readiness(discovery, storeToReach(state?.store, config));
  const query = makeQueryPort(live, {
    ...{ credentials, protection, readiness, choice, mint, metrics, now, note },
    sessions: table,
    recall: state?.recall,
    tracing,
    directorPorts: () => dataPorts,
    lease: (range, target) => ranges.lease(now(), range, target),
  });
  const notReady = () => readiness.blockers();
  const refresh = async () => {
    native?.poll();
    await kernel?.poll();
  };
  const admin = new AdminServer({ registry: metrics.registry, refresh, notReady, note });
  const control = new ControlServer({
    table,
    backends: choice.backends,
    localPorts: (session) => dataPath.localPorts(session),
    socketsOf: (session, dataPort) => dataPath.socketsOf(session, dataPort),
    hold: (session) => dataPath.hold(session),
    wallNow,
    audit: (fields, message) => log.info(fields, message),
    connections: (session) => streams.of(session),
    ranges,
    quality,
    groups: () => discovery.counts(),
    events,
    streams: new EventStreams(events, wallNow().toString(36), () => metrics.eventReaderDropped()),
    protection,
    now,
    note,
    figures: () => {
      native?.poll();
      return {
        uptimeSeconds: uptimeSeconds(),
        sessions: table.size,
        clients: table.clients,
        tokens: table.tokens,
        bans: protection.bans(now()).length,
        stranded: rehome.stranded,
        quality: qualitySummary(quality),
        totals: metrics.totals(),
      };
    },
  });
  const ticker = setInterval(() => {
    table.tick(now());
    ranges.check(now(), discovery.ready);
    quality.tick(now());
    events.storeSeen(state?.store.available ?? true);
    readiness.look();
  }, TICK_MS);
  ticker.unref();
  const checks = checkBackends(live, discovery, rehome, { log, now });
  const endEvents = discovery.onChange((change) => events.backendChanged(change));
  const reloader = new Reloader({
    running: () => live.config,
    async prepare(next, signal) {
      const applyMint = await mint.prepare(next);
      const backends = await discoveries.prepare(next, signal);
      const apply = () => {
        live.config = next;
        applyMint();
        backends.apply();
        choice.apply(next);
        protection.apply(next.protection);
        if (native && next.protection.packetsPerSecond > 0) {
          // Packets of limited sources are counted here: their sessions are not offered again.
          for (const session of table.sessions()) dataPath.hold(session);
        }
        sessionLog.apply(next.sessionLog);
        query.limit();
        checks.apply();
      };
      return { apply, abandon: backends.abandon };
    },
    metrics,
    log,
  });

  let closed = false;
  const close = async () => {
    closed = true;
    await reloader.close();
    clearInterval(ticker);
    checks.end();
    endEvents();
    credentials.close();
    dataPath.close();
    await state?.close();
    table.closeAll(now());
    await kernel?.close();
    native?.close();
    await tracing?.close();
    const servers = [query, streams, admin, control, discovery];
    await Promise.all(servers.map((server) => server.close()));
  };
  try {
    const metricsPort = await admin.listen(config.metricsListen, config.metricsPort);
    const adminPort = config.admin && (await control.listen(config.admin));
    const before = await lookAtKernel(config);
    const held = (address: string, port: number) =>
      before?.found?.hasClient(address, port) ?? false;
    const restored = (await state?.load(table, held)) ?? 0;
    if (restored > 0) log.info({ sessions: restored }, "restored sessions");
    const passed = {
      active: (session: Session<unknown>) => table.onActivity(now(), session as Session<Routes>),
      forwarded: (counts: KernelCounts) => metrics.forwarded(counts),
    };
    native = await openNative(config, {
      ...passed,
      failed: (error, times) => metrics.nativeFailed(error, times),
      limited: (address) => protection.limitsPackets(address),
      ...{ environment, log },
    });
    if (native) {
      dataPath.sockets = native;
      dataPath.offload = native;
    }
    if (before) dataPath.ownPorts = before.sources;
    await bindDataPorts(config, { udp: dataPath, tcp: streams }, dataPorts);
    kernel = await openKernel(config, before, { ...passed, dataPorts, environment, log });
    if (kernel) dataPath.offload = kernel;
    else if (before) dataPath.ownPorts = undefined;
    // Not awaited: a shared store may have to be asked about many clients.
    void handBack(kernel?.takeFound() ?? [], {
      adopt: (found) =>
        dataPath.adopt(
          found,
          (address, port, rangePort) => table.sessionOf(address, port, "udp", rangePort),
          (session) => table.onFound(now(), session),
        ),
      recall: state?.recallClient,
      stopped: () => closed,
    }).then((counts) => {
      metrics.foundFlows(counts);
      if (counts.adopted + counts.withdrawn === 0) return;
      log.info(counts, "went on with what the kernel had forwarded before");
    });
    const queryPort = await query.listen(config.listen, config.queryPort);
    readiness.bound();
    readiness.look();
    // Not awaited: a slow resolver or a file that is still missing only delays readiness.
    void discovery.start();
    return {
      queryPort,
      metricsPort,
      adminPort,
      dataPorts,
      notReady,
      whenLoaded: discovery.whenReady,
      whenReady: Promise.all([discovery.whenReady, readiness.storeReached]).then(() => undefined),
      unready: (reason) => readiness.block(reason),
      reload: (read) => reloader.reload(read),
      settle: () => native?.poll(),
      drain: () =>
        drain({
          delayMs: live.config.shutdown.delaySeconds * 1000,
          drainMs: live.config.shutdown.drainSeconds * 1000,
          refuseNew() {
            readiness.drain();
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
