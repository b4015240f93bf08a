import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type Path, SOCKETS } from "./path.ts";
import { DATA_PORT, ECHO_PORT, type Site } from "./site.ts";

/** Programs of others that this machine has: name to file and version. */
export type Peers = Readonly<
  Partial<Record<Peer, { readonly file: string; readonly version: string }>>
>;
export type Peer = "haproxy" | "nginx" | "quilkin" | "traefik";

/** With so many processes or threads that forward. */
const counted = (workers: number) => `${workers} worker${workers === 1 ? "" : "s"}`;

/** How far JavaScript can go: what the sockets of the director are measured by. */
const bareDgram: Path = peer(
  "node:dgram alone",
  { file: process.execPath, version: `Node ${process.versions.node}` },
  async ({ near, backend }) => [
    join(import.meta.dirname, "bare-dgram.ts"),
    ...[near, `${DATA_PORT}`, backend, `${ECHO_PORT}`],
  ],
);

/** What forwards UDP. */
export function peerPaths({ nginx, quilkin, traefik }: Peers): readonly Path[] {
  const others: Path[] = [bareDgram];
  for (const workers of [1, 2]) {
    if (nginx) others.push(nginxPath(nginx, "udp", workers));
    if (quilkin) {
      others.push(
        peer(`quilkin, ${counted(workers)}`, quilkin, async (site) => [
          ...["--service.udp", "--service.udp.port", `${DATA_PORT}`],
          ...["--service.udp.workers", `${workers}`],
          ...["--provider.static.endpoints", `${site.backend}:${ECHO_PORT}`],
        ]),
      );
    }
  }
  if (traefik) others.push(traefikPath(traefik, "udp"));
  return others;
}

/** What forwards TCP. */
export function streamPeers({ haproxy, nginx, traefik }: Peers): readonly Path[] {
  const others: Path[] = [];
  if (haproxy) {
    others.push(
      peer("HAProxy, 1 thread", haproxy, async (site, folder) => {
        const file = join(folder, "haproxy.cfg");
        await writeFile(file, haproxyConfig(site));
        return ["-db", "-f", file];
      }),
    );
  }
  if (nginx) others.push(nginxPath(nginx, "tcp", 1));
  if (traefik) others.push(traefikPath(traefik, "tcp"));
  return others;
}

type Program = NonNullable<Peers[Peer]>;
type Protocol = "udp" | "tcp";

const nginxPath = (nginx: Program, protocol: Protocol, workers: number): Path =>
  peer(`nginx stream, ${counted(workers)}`, nginx, async (site, folder) => {
    const file = join(folder, "nginx.conf");
    await writeFile(file, nginxConfig(site, protocol, workers));
    return ["-p", folder, "-c", file, "-e", "stderr"];
  });

const traefikPath = (traefik: Program, protocol: Protocol): Path =>
  peer("Traefik", traefik, async (site, folder) => {
    const file = join(folder, "dynamic.json");
    await writeFile(file, JSON.stringify(traefikConfig(site, protocol)));
    return [
      `--entryPoints.game.address=${site.near}:${DATA_PORT}/${protocol}`,
      ...(protocol === "udp" ? ["--entryPoints.game.udp.timeout=300s"] : []),
      `--providers.file.filename=${file}`,
      ...["--global.checkNewVersion=false", "--global.sendAnonymousUsage=false"],
    ];
  });

/** A program of others, with the arguments that make it forward. */
function peer(
  name: string,
  { file, version }: Program,
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

const nginxConfig = ({ near, backend }: Site, protocol: Protocol, workers: number) => `
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
pid nginx.pid;
worker_processes ${workers};
worker_rlimit_nofile 20000;
events { worker_connections 19000; }
stream {
  server {
    listen ${near}:${DATA_PORT} ${protocol === "udp" ? "udp reuseport rcvbuf=4m" : "backlog=4096"};
    proxy_pass ${backend}:${ECHO_PORT};
    proxy_timeout 300s;
  }
}
`;

const haproxyConfig = ({ near, backend }: Site) => `
global
  nbthread 1
  maxconn 4000
defaults
  mode tcp
  timeout connect 5s
  timeout client 300s
  timeout server 300s
listen game
  bind ${near}:${DATA_PORT} backlog 4096
  server echo ${backend}:${ECHO_PORT}
`;

function traefikConfig({ backend }: Site, protocol: Protocol) {
  const server = { address: `${backend}:${ECHO_PORT}` };
  const router = { entryPoints: ["game"], service: "echo" };
  return {
    [protocol]: {
      routers: { game: protocol === "tcp" ? { ...router, rule: "HostSNI(`*`)" } : router },
      services: { echo: { loadBalancer: { servers: [server] } } },
    },
  };
}
