import type { DirectorConfigInput } from "../src/config/schema.ts";
import { startLabDirector } from "../src/testing/lab/lab-director.ts";
import { podMapping } from "../src/testing/pod-mapping.ts";
import { MANY, type Path, type Running, SOCKETS } from "./path.ts";
import { DATA_PORT, ECHO_PORT, type Site } from "./site.ts";

/** Backends have so many ports, as one address has not enough ports for 100,000 sessions with one. */
export const ECHO_PORTS = 4;

const VERSION = `this, Node ${process.versions.node}`;
const workers = (n: number) => ({ native: { enabled: true, workers: n } });

/** The director's data paths, by the settings that choose them. */
const SETTINGS: Readonly<Record<string, Partial<DirectorConfigInput>>> = {
  kernel: { kernel: { enabled: true, maxFlows: 120_000 } },
  "kernel, rules only": { kernel: { enabled: true, ebpf: false, maxFlows: 120_000 } },
  "native, 1 worker": workers(1),
  "native, 2 workers": workers(2),
  sockets: { native: { enabled: false } },
};

export function directorPaths(): readonly Path[] {
  return Object.entries(SETTINGS).map(([name, setting]) => ({
    name: `director: ${name}`,
    version: VERSION,
    maxSessions: name.startsWith("kernel") ? MANY : SOCKETS,
    start: (site) => start(site, { ...directorConfig(site.near, site.backend), ...setting }),
  }));
}

/** The director with a TCP data port. */
export const directorStream: Path = {
  name: "director",
  version: VERSION,
  maxSessions: SOCKETS,
  start: (site) =>
    start(site, {
      ...directorConfig(site.near, site.backend, 1),
      dataPorts: [{ name: "game", port: DATA_PORT, protocol: "tcp" }],
      limits: { maxTcpConnectionsPerSession: 10_000 },
    }),
};

async function start(site: Site, config: DirectorConfigInput): Promise<Running> {
  const director = await startLabDirector(site.host, config);
  // Sockets take over where a path is not possible: that is not what the row would say.
  const other = director.log.find(({ msg }) =>
    /cannot (be used|forward)|its program cannot/.test(msg),
  );
  if (other !== undefined) {
    await director.stop();
    throw new Error(`${other.msg}: ${other.reason}`);
  }
  return { to: [site.near, DATA_PORT], pid: director.pid, stop: () => director.stop() };
}

/** A director whose clients need no token. */
export function directorConfig(near: string, backend: string, ports = ECHO_PORTS) {
  return {
    listen: [near],
    metricsListen: [near],
    protection: { newSessionsPerSecond: 0 },
    limits: { maxSessions: 200_000 },
    loadBalancing: { type: "leastSessions" },
    defaultEndpoint: { resourceType: "echo", namespace: "bench" },
    resourceQueryMapping: {
      echo: podMapping,
    },
    discovery: {
      static: {
        resources: Array.from({ length: ports }, (_, n) => ({
          ...{ resourceType: "echo", namespace: "bench", name: `echo-${n}` },
          ...{ labels: { version: `${n}` }, address: backend, ports: { udp: ECHO_PORT + n } },
        })),
      },
    },
  } satisfies DirectorConfigInput;
}
