import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { HandedBack } from "../data/hand-back.ts";
import type { KernelCounts } from "../data/kernel/counts.ts";
import type { DataPathError, Side, TrafficMeter } from "../data/traffic.ts";
import type { DiscoveryProblem, ResourceCount } from "../discovery/discovery.ts";
import type { ConnectionRefusal } from "../query/server.ts";
import type { Session } from "../sessions/session.ts";
import type {
  CloseReason,
  DropReason,
  DropSource,
  RetargetCause,
  SessionObserver,
} from "../sessions/session-ports.ts";
import { StoreMetrics } from "../store/store-metrics.ts";
import { ConnectionMetrics } from "./connection-metrics.ts";
import { PacketSizes } from "./packet-sizes.ts";
import { QualityMetrics } from "./quality-metrics.ts";

/** Values that are read when somebody asks for the metrics. */
export interface MetricSources {
  readonly sessions: { readonly size: number; readonly clients: number; readonly tokens: number };
  readonly defaultEndpointAvailable: () => boolean;
  readonly resources: () => readonly ResourceCount[];
  readonly uptimeSeconds: () => number;
  readonly bannedSources: () => number;
  readonly strandedSessions: () => number;
  readonly limits: { readonly maxSessions: number; readonly maxTokens: number };
  readonly tcpConnections: () => number;
  /** Undefined: the kernel forwards nothing. */
  readonly kernelFlows: () => number | undefined;
  /** A program in the kernel takes packets past its rules. */
  readonly kernelProgram: () => boolean;
  /** Undefined: there are no native threads. */
  readonly nativeFlows: () => number | undefined;
  readonly portAllocations: () => number;
}

/** Sums since the start, by side. */
export interface TrafficTotals {
  readonly packetsReceived: Readonly<Record<Side, number>>;
  readonly packetsSent: Readonly<Record<Side, number>>;
  readonly bytesReceived: Readonly<Record<Side, number>>;
  readonly bytesSent: Readonly<Record<Side, number>>;
  /** Dropped packets by reason; reasons that never occurred are absent. */
  readonly dropped: Readonly<Record<string, number>>;
}

const PREFIX = "udp_director_";
const SECONDS = [1, 5, 10, 30, 60, 300, 600, 1800, 3600];
const QUERY_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];
const API_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * All metrics of a director, under the published names (spec/001 leaves them open; the names
 * are those of the published director's metrics page). Per-packet counts are plain additions
 * that reach Prometheus' objects only when they are read.
 */
export class DirectorMetrics implements SessionObserver, TrafficMeter {
  readonly registry = new Registry();
  readonly #packets = { received: { client: 0, server: 0 }, sent: { client: 0, server: 0 } };
  readonly #bytes = { received: { client: 0, server: 0 }, sent: { client: 0, server: 0 } };
  readonly #dropped = new Map<DropReason, number>();
  readonly #startedSessions = this.#counter("total_sessions", "Sessions opened", ["session_type"]);
  readonly #durations = this.#histogram(
    "session_duration_seconds",
    "Length of ended sessions",
    SECONDS,
    ["session_type"],
  );
  readonly #retargets = this.#counter(
    "session_resets_total",
    "Live sessions moved to another backend, by what asked for it",
    ["cause"],
  );
  readonly #resumes = this.#counter(
    "session_resumes_total",
    "Live sessions whose client came back from another socket",
    [],
  );
  readonly #lookups = this.#counter("token_cache_hits_total", "Token look-ups", ["result"]);
  readonly #drops = this.#counter("packets_dropped_total", "Packets that went nowhere", [
    "reason",
    "source",
  ]);
  readonly #sizes = new PacketSizes(`${PREFIX}packet_size_bytes`, this.registry);
  readonly #offloaded = this.#counter(
    "packets_offloaded_total",
    "Packets that the kernel or native threads have forwarded, also counted as received and sent",
    ["destination"],
  );
  readonly #queries = this.#counter("query_requests_total", "Answered queries", ["status"]);
  readonly #queryTimes = this.#histogram(
    "query_duration_seconds",
    "Seconds from accept to answer",
    QUERY_SECONDS,
    ["status"],
  );
  readonly #apiRequests = this.#counter(
    "k8s_queries_total",
    "Lists and watches asked of the Kubernetes API",
    ["resource_type", "status"],
  );
  readonly #apiTimes = this.#histogram(
    "k8s_query_duration_seconds",
    "Seconds until a list had come or a watch had begun",
    API_SECONDS,
    ["resource_type"],
  );
  readonly #errors = this.#counter("errors_total", "Failures, by component", [
    "error_type",
    "component",
  ]);

  readonly #configReloads = this.#counter(
    "config_reloads_total",
    "Configurations that were read again, by whether they could be applied",
    ["result"],
  );
  readonly #configInfo = new Gauge({
    name: `${PREFIX}config_info`,
    help: "1 for the hash of the configuration that was read last",
    labelNames: ["config_hash"],
    registers: [this.registry],
  });
  readonly #restartNeeded = new Gauge({
    name: `${PREFIX}config_restart_needed`,
    help: "1 while the configuration has changes that only a restart applies",
    registers: [this.registry],
  });
  readonly #bans = this.#counter("bans_total", "Sources banned for wrong tokens", []);

  readonly #foundFlows = this.#counter(
    "kernel_flows_found_total",
    "Flows of the process before that the kernel still forwarded at the start",
    ["result"],
  );

  readonly #slowReaders = this.#counter(
    "event_readers_dropped_total",
    "Readers of the admin API's events that were cut off because they were too slow",
    [],
  );

  readonly quality = new QualityMetrics(this.registry);

  readonly store = new StoreMetrics(this.registry);
  readonly connections = new ConnectionMetrics(this.registry);

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    this.#traffic("packets_received_total", "Packets received", "source", this.#packets.received);
    this.#traffic("bytes_received_total", "Payload bytes received", "source", this.#bytes.received);
    this.#traffic("packets_sent_total", "Packets sent", "destination", this.#packets.sent);
    this.#traffic("bytes_sent_total", "Payload bytes sent", "destination", this.#bytes.sent);
  }

  /** Adds the gauges that read `sources`. Call once. */
  observe(sources: MetricSources): void {
    const { sessions } = sources;
    this.#gauge("active_sessions", "Live sessions", () => sessions.size);
    this.#gauge("unique_clients", "Client addresses with a live session", () => sessions.clients);
    this.#gauge("port_allocations", "Ports of port ranges in use", sources.portAllocations);
    this.#gauge("kernel_program", "1 where a program takes its packets past the rules", () =>
      sources.kernelProgram() ? 1 : 0,
    );
    this.#gauge("kernel_path", "1 where the kernel forwards established sessions", () =>
      sources.kernelFlows() === undefined ? 0 : 1,
    );
    this.#gauge(
      "kernel_flows",
      "Sessions times data ports that the kernel forwards",
      () => sources.kernelFlows() ?? 0,
    );
    this.#gauge("native_path", "1 where native threads forward established sessions", () =>
      sources.nativeFlows() === undefined ? 0 : 1,
    );
    this.#gauge(
      "native_flows",
      "Sessions times data ports that native threads forward",
      () => sources.nativeFlows() ?? 0,
    );
    this.#gauge("tcp_connections", "Open TCP connections to data ports", sources.tcpConnections);
    this.#gauge("banned_sources", "Sources banned now", sources.bannedSources);
    this.#gauge(
      "stranded_sessions",
      "Sessions whose backend is gone or drains, with no other to take them",
      sources.strandedSessions,
    );
    this.#gauge("token_cache_size", "Unexpired tokens", () => sessions.tokens);
    this.#gauge("session_limit", "Most live sessions", () => sources.limits.maxSessions);
    this.#gauge("token_limit", "Most unexpired tokens", () => sources.limits.maxTokens);
    this.#gauge(
      "default_endpoint_available",
      "1 when clients without a token have a backend",
      () => (sources.defaultEndpointAvailable() ? 1 : 0),
    );
    this.#gauge("uptime_seconds", "Seconds since start", sources.uptimeSeconds);
    new Gauge({
      name: `${PREFIX}available_resources`,
      help: "Backends that may get new sessions",
      labelNames: ["resource_type", "namespace"],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const { resourceType, namespace, resources } of sources.resources()) {
          this.set({ resource_type: resourceType, namespace }, resources);
        }
      },
    });
  }

  received(source: Side, bytes: number): void {
    this.#packets.received[source]++;
    this.#bytes.received[source] += bytes;
    if (source === "client") this.#sizes.observe(source, bytes);
  }

  sent(destination: Side, bytes: number): void {
    this.#packets.sent[destination]++;
    this.#bytes.sent[destination] += bytes;
    if (destination === "client") this.#sizes.observe("server", bytes);
  }

  /** Packets that the kernel or native threads have forwarded since the last time. */
  forwarded({ toBackend, toClient, limited, banned }: KernelCounts): void {
    this.#drop("packet_rate", "client", limited);
    this.#drop("banned", "client", banned);
    for (const [from, to, { packets, bytes, sizes }] of [
      ["client", "server", toBackend],
      ["server", "client", toClient],
    ] as const) {
      this.#packets.received[from] += packets;
      this.#bytes.received[from] += bytes;
      this.#packets.sent[to] += packets;
      this.#bytes.sent[to] += bytes;
      this.#offloaded.inc({ destination: to }, packets);
      if (sizes !== undefined) this.#sizes.add(from, sizes, bytes);
    }
  }

  /** Flows of the process before, given back to their sessions and taken from the kernel. */
  foundFlows({ adopted, withdrawn }: HandedBack): void {
    this.#foundFlows.inc({ result: "adopted" }, adopted);
    this.#foundFlows.inc({ result: "withdrawn" }, withdrawn);
  }

  /** Failures of native threads, and the packets that were lost with them. */
  nativeFailed(error: DataPathError | "queue_full", times: number): void {
    if (times === 0) return;
    if (error === "queue_full") this.#drop(error, "client", times);
    else this.#errors.inc({ error_type: error, component: "proxy" }, times);
    if (error === "backend_send") this.#drop("send_failed", "client", times);
    if (error === "client_send") this.#drop("send_failed", "server", times);
  }

  /** Bytes of a TCP connection, which has no packets. */
  streamed(source: Side, bytes: number): void {
    this.#bytes.received[source] += bytes;
    this.#bytes.sent[source === "client" ? "server" : "client"] += bytes;
  }

  error(type: DataPathError): void {
    this.#errors.inc({ error_type: type, component: "proxy" });
  }

  /** A query connection that was turned away unanswered. */
  queryRefused(why: ConnectionRefusal): void {
    this.#errors.inc({ error_type: why, component: "query_server" });
  }

  /** A reader of events was too slow. */
  eventReaderDropped(): void {
    this.#slowReaders.inc();
  }

  /** A source was banned. */
  sourceBanned(): void {
    this.#bans.inc();
  }

  /** A backend was passed over because the configured expression has no value for it. */
  expressionFailed(): void {
    this.#errors.inc({ error_type: "expression", component: "query_server" });
  }

  /** The configuration that was read last. `restartNeeded`: not all of it is in force. */
  configLoaded(hash: string, restartNeeded: boolean): void {
    this.#configInfo.reset();
    this.#configInfo.set({ config_hash: hash }, 1);
    this.#restartNeeded.set(restartNeeded ? 1 : 0);
  }

  /** A configuration was read again, and applied or not. */
  configReloaded(ok: boolean): void {
    this.#configReloads.inc({ result: ok ? "success" : "error" });
  }

  /** A problem of discovery. */
  discoveryProblem(kind: DiscoveryProblem): void {
    this.#errors.inc({ error_type: `discovery_${kind}`, component: "monitor" });
  }

  /** A request of discovery to the Kubernetes API: never one of a query, which reads memory. */
  kubernetesRequest(resourceType: string, ok: boolean, seconds: number): void {
    this.#apiRequests.inc({ resource_type: resourceType, status: ok ? "success" : "error" });
    this.#apiTimes.observe({ resource_type: resourceType }, seconds);
  }

  queryAnswered(ok: boolean, seconds: number): void {
    const status = ok ? "success" : "error";
    this.#queries.inc({ status });
    this.#queryTimes.observe({ status }, seconds);
  }

  sessionOpened(session: Session<unknown>): void {
    this.#startedSessions.inc({ session_type: session.origin });
  }

  sessionRetargeted(_session: Session<unknown>, cause: RetargetCause): void {
    this.#retargets.inc({ cause });
  }

  clientMoved(): void {
    this.#resumes.inc();
  }

  sessionClosed(session: Session<unknown>, _reason: CloseReason, now: number): void {
    const seconds = (now - session.createdAt) / 1000;
    this.#durations.observe({ session_type: session.origin }, seconds);
  }

  tokenLookup(hit: boolean): void {
    this.#lookups.inc({ result: hit ? "hit" : "miss" });
  }

  packetDropped(reason: DropReason, source: DropSource): void {
    this.#drop(reason, source, 1);
  }

  /** Totals since the start: what came in, what went out, and what was dropped why. */
  totals(): TrafficTotals {
    const both = (counts: Readonly<Record<Side, number>>) => ({ ...counts });
    return {
      packetsReceived: both(this.#packets.received),
      packetsSent: both(this.#packets.sent),
      bytesReceived: both(this.#bytes.received),
      bytesSent: both(this.#bytes.sent),
      dropped: Object.fromEntries(this.#dropped),
    };
  }

  #drop(reason: DropReason, source: DropSource, packets: number): void {
    if (packets === 0) return;
    this.#drops.inc({ reason, source }, packets);
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + packets);
  }

  #counter<L extends string>(name: string, help: string, labelNames: L[]): Counter<L> {
    return new Counter({ name: PREFIX + name, help, labelNames, registers: [this.registry] });
  }

  #histogram<L extends string>(name: string, help: string, buckets: number[], labelNames: L[]) {
    const registers = [this.registry];
    return new Histogram<L>({ name: PREFIX + name, help, buckets, labelNames, registers });
  }

  #gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name: PREFIX + name,
      help,
      registers: [this.registry],
      collect() {
        this.set(read());
      },
    });
  }

  #traffic(name: string, help: string, label: string, counts: Readonly<Record<Side, number>>) {
    new Counter({
      name: PREFIX + name,
      help,
      labelNames: [label],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const side of ["client", "server"] as const) this.inc({ [label]: side }, counts[side]);
      },
    });
  }
}
