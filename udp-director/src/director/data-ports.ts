import type { DirectorMetrics } from "../admin/metrics.ts";
import type { DirectorConfig } from "../config/schema.ts";
import { TcpDataPath } from "../data/tcp/tcp-data-path.ts";
import type { ConnectionSink, TcpOptions } from "../data/tcp/tcp-ports.ts";
import { parseMagic } from "../protocol/control-packet.ts";
import type { LiveConfig } from "./live-config.ts";

/** What the TCP data ports ask of the other parts. */
export interface TcpParts {
  readonly metrics: DirectorMetrics;
  readonly sink: ConnectionSink;
  readonly recall: TcpOptions["recall"];
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly note: (message: string) => void;
}

/** The TCP data path of the configuration in force; it listens nowhere yet. */
export function makeTcpDataPath(live: LiveConfig, parts: TcpParts): TcpDataPath {
  const { metrics, now, note, recall, sink } = parts;
  return new TcpDataPath({
    magic: parseMagic(live.config.controlPacketMagicBytes),
    get preludeMs() {
      return live.config.tcp.preludeMilliseconds;
    },
    get connectMs() {
      return live.config.tcp.connectTimeoutSeconds * 1000;
    },
    get maxConnections() {
      return live.config.limits.maxTcpConnections;
    },
    get maxPerSession() {
      return live.config.limits.maxTcpConnectionsPerSession;
    },
    meter: {
      error: (type) => metrics.error(type),
      streamed: (source, bytes) => metrics.streamed(source, bytes),
      connectionAdmitted: () => metrics.connections.connectionAdmitted(),
      connectionRefused: (reason) => metrics.connections.connectionRefused(reason),
    },
    now,
    note,
    recall,
    sink,
  });
}

/** A data path's way to bind a port; see UserspaceDataPath. */
interface Binds {
  listen(
    dataPort: string,
    addresses: readonly string[],
    port: number,
    setting: string,
    inRange?: boolean,
  ): Promise<number>;
}

/** Binds every data port and notes in `bound` which port each has got. Rejects with a BindError. */
export async function bindDataPorts(
  config: DirectorConfig,
  paths: { readonly udp: Binds; readonly tcp: Binds },
  bound: Record<string, number>,
): Promise<void> {
  for (const { name, port, protocol } of config.dataPorts) {
    const setting = `the data port "${name}"`;
    bound[name] = await paths[protocol].listen(name, config.listen, port, setting);
  }
  for (const { name, protocol, from, to } of config.portRanges) {
    const kinds = protocol === "both" ? (["udp", "tcp"] as const) : [protocol];
    for (let port = from; port <= to; port++) {
      for (const kind of kinds) {
        await paths[kind].listen(name, config.listen, port, `the port range "${name}"`, true);
      }
    }
  }
}
