import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type DirectorConfigInput, directorConfigSchema } from "../src/config/schema.ts";
import { startLabDirector } from "../src/testing/lab/lab-director.ts";
import { DATA_PORT, ECHO_PORT, type Site } from "./site.ts";

/** What forwards, once it is started. */
export interface Running {
  /** Where clients send. */
  readonly to: readonly [address: string, port: number];
  /** Its process; undefined for routing. */
  readonly pid?: number | undefined;
  stop(): Promise<void>;
}

/** One thing that is measured. */
export interface Path {
  readonly name: string;
  /** As it says itself. */
  readonly version: string;
  /** Most sessions at a time that it is asked for. */
  readonly maxSessions: number;
  start(site: Site): Promise<Running>;
}

/** Programs of others that this machine has: name to file and version. */
export type Peers = Readonly<
  Partial<Record<Peer, { readonly file: string; readonly version: string }>>
>;
export type Peer = "nginx" | "quilkin" | "traefik";

/** A socket each, towards one backend from one address: the ports that Linux gives are 28,232. */
const SOCKETS = 10_000;
const MANY = 100_000;

/** Backends have so many ports, as one address has not enough ports for 100,000 sessions with one. */
export const ECHO_PORTS = 4;

const accepts = (config: object): boolean =>
  directorConfigSchema.safeParse({
    ...directorConfig("127.0.0.1", "127.0.0.1"),
    ...config,
  }).success;

/** The director's data paths that this version has, by the settings that choose them. */
function directorPaths(): readonly Path[] {
  const native = accepts({ native: { enabled: true } });
  const off = native ? { native: { enabled: false } } : {};
  const settings: Readonly<Record<string, object>> = {
    kernel: { kernel: { enabled: true, maxFlows: 120_000 } },
    ...(native ? { native: { native: { enabled: true } } } : {}),
    sockets: off,
  };
  return Object.entries(settings).map(([name, setting]) => ({
    name: `director: ${name}`,
    version: `this, Node ${process.versions.node}`,
    maxSessions: name === "kernel" ? MANY : SOCKETS,
    start: async (site) => {
      const config = { ...directorConfig(site.near, site.backend), ...setting };
      const director = await startLabDirector(site.host, config as DirectorConfigInput);
      // Sockets take over where a path is not possible: that is not what the row would say.
      const other = director.log.find(({ msg }) => /cannot (be used|forward)/.test(msg));
      if (other !== undefined) {
        await director.stop();
        throw new Error(`${other.msg}: ${other.reason}`);
      }
      return { to: [site.near, DATA_PORT], pid: director.pid, stop: () => director.stop() };
    },
  }));
}

/** A director whose clients need no token. */
export function directorConfig(near: string, backend: string, ports = ECHO_PORTS) {
  return {
    listen: [near],
    metricsListen: [near],
    dataPort: DATA_PORT,
    protection: { newSessionsPerSecond: 0 },
    limits: { maxSessions: 200_000 },
    loadBalancing: { type: "leastSessions" },
    defaultEndpoint: { resourceType: "echo", namespace: "bench" },
    resourceQueryMapping: {
      echo: {
        ...{ group: "", version: "v1", resource: "pods" },
        ...{ addressPath: "status.address", portName: "udp" },
      },
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

const routing: Path = {
  name: "routing",
  version: "Linux",
  maxSessions: MANY,
  start: async ({ backend }) => ({ to: [backend, ECHO_PORT], stop: async () => undefined }),
};

/** Every path that is there, routing first. */
export function pathsFor(peers: Peers): readonly Path[] {
  const others: Path[] = [];
  const { nginx, quilkin, traefik } = peers;
  for (const workers of [1, 2]) {
    const name = `${workers} worker${workers === 1 ? "" : "s"}`;
    if (nginx) {
      others.push(
        peer(`nginx stream, ${name}`, nginx.version, nginx.file, async (site, folder) => {
          await writeFile(join(folder, "nginx.conf"), nginxConfig(site, workers));
          return ["-p", folder, "-c", join(folder, "nginx.conf"), "-e", "stderr"];
        }),
      );
    }
    if (quilkin) {
      others.push(
        peer(`quilkin, ${name}`, quilkin.version, quilkin.file, async (site) => [
          ...["--service.udp", "--service.udp.port", `${DATA_PORT}`],
          ...["--service.udp.workers", `${workers}`],
          ...["--provider.static.endpoints", `${site.backend}:${ECHO_PORT}`],
        ]),
      );
    }
  }
  if (traefik) {
    others.push(
      peer("Traefik", traefik.version, traefik.file, async (site, folder) => {
        const file = join(folder, "dynamic.json");
        await writeFile(file, JSON.stringify(traefikConfig(site)));
        return [
          `--entryPoints.game.address=${site.near}:${DATA_PORT}/udp`,
          "--entryPoints.game.udp.timeout=300s",
          `--providers.file.filename=${file}`,
          ...["--global.checkNewVersion=false", "--global.sendAnonymousUsage=false"],
        ];
      }),
    );
  }
  return [routing, ...directorPaths(), ...others];
}

/** A program of others, with the arguments that make it forward. */
function peer(
  name: string,
  version: string,
  file: string,
  prepare: (site: Site, folder: string) => Promise<readonly string[]>,
): Path {
  return {
    name,
    version,
    maxSessions: SOCKETS,
    start: async (site) => {
      const folder = await mkdtemp(join(tmpdir(), "bench-peer-"));
      const child = site.host.start(file, await prepare(site, folder));
      let said = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream?.on("data", (text) => {
          said = (said + text).slice(-2000);
        });
      }
      // None of them says that it listens; that a session gets its answers is measured next.
      await wait(1500);
      if (child.exitCode !== null) throw new Error(`${name} ended: ${said}`);
      return {
        to: [site.near, DATA_PORT],
        pid: child.pid,
        stop: async () => {
          const ended = new Promise((resolve) => child.once("exit", resolve));
          child.kill("SIGTERM");
          await Promise.race([ended, wait(3000)]);
          child.kill("SIGKILL");
          await rm(folder, { recursive: true, force: true });
        },
      };
    },
  };
}

const nginxConfig = ({ near, backend }: Site, workers: number) => `
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
pid nginx.pid;
worker_processes ${workers};
worker_rlimit_nofile 20000;
events { worker_connections 19000; }
stream {
  server {
    listen ${near}:${DATA_PORT} udp reuseport rcvbuf=4m;
    proxy_pass ${backend}:${ECHO_PORT};
    proxy_timeout 300s;
  }
}
`;

const traefikConfig = ({ backend }: Site) => ({
  udp: {
    routers: { game: { entryPoints: ["game"], service: "echo" } },
    services: {
      echo: { loadBalancer: { servers: [{ address: `${backend}:${ECHO_PORT}` }] } },
    },
  },
});
