import { createHash } from "node:crypto";
import { stringify } from "yaml";
import { Protocol } from "../endpoint/index.ts";
import { each, invalid, together } from "../endpoint/invalid.ts";
import { sortedByKey } from "../endpoint/plain.ts";
import { checkPools, entryPointName, type PortPools, poolPorts } from "./entry-points.ts";
import { TlsMode, tcpMatch } from "./route-args.ts";

/** A route of a Traefik outside of Kubernetes. */
export interface FileRoute {
  /** Unique: 1 to 63 of `a-z 0-9 - _`. Names its router and service. */
  readonly name: string;
  /** `TCP` or `UDP`. */
  readonly protocol: Protocol;
  /** Port of the pool. */
  readonly port: number;
  /** Addresses of backends, `10.200.1.5:5432`; an IPv6 one in brackets. */
  readonly upstreams: readonly string[];
  /** Route by TLS name, TCP only. Left out: whatever comes on the port. */
  readonly tls?: { readonly mode: TlsMode; readonly hosts: readonly string[] };
}

/** What the static file of a Traefik says. */
export interface StaticConfigOptions {
  readonly pools: PortPools;
  /** Path of the dynamic file on the machine of Traefik. */
  readonly dynamicFile: string;
  /** Seconds without a packet after which a UDP session is forgotten. Left out: 60. */
  readonly udpIdleSeconds?: number;
  /** Address to listen on. Left out: all. */
  readonly listen?: string;
  /** Port of Traefik's API on the loopback, which `driftReport` reads. Left out: no API. */
  readonly apiPort?: number;
}

/**
 * Static configuration (`traefik.yaml`): every port of the pools as an entry point. A change of it
 * takes a restart, so it depends on the pools alone.
 *
 * @throws InputPropertyError for pools that overlap with Traefik's own ports or are too large.
 */
export function staticConfig(options: StaticConfigOptions): string {
  const { pools, dynamicFile, udpIdleSeconds = 60, listen = "", apiPort } = options;
  checkPools(pools);
  const entryPoints = poolPorts(pools).map(({ name, port, protocol }) => [
    name,
    protocol === Protocol.Udp
      ? { address: `${listen}:${port}/udp`, udp: { timeout: `${udpIdleSeconds}s` } }
      : { address: `${listen}:${port}` },
  ]);
  const api = [["traefik", { address: `127.0.0.1:${apiPort}` }]];
  return stringify({
    ...(apiPort === undefined ? {} : { api: { insecure: true } }),
    entryPoints: Object.fromEntries([...(apiPort === undefined ? [] : api), ...entryPoints]),
    providers: { file: { filename: dynamicFile, watch: true } },
  });
}

/**
 * Dynamic configuration: a router and a service for each route. Traefik reads it again when it
 * changes, and ends no session of routes that stay the same.
 *
 * @throws InputPropertyError naming the route.
 */
export function dynamicConfig(routes: readonly FileRoute[], pools: PortPools): string {
  checkFileRoutes(routes, pools);
  const section = (protocol: Protocol) => {
    const own = routes.filter((route) => route.protocol === protocol);
    return own.length === 0
      ? {}
      : {
          [protocol.toLowerCase()]: {
            routers: named(own, router),
            services: named(own, ({ upstreams }) => ({
              loadBalancer: { servers: upstreams.map((address) => ({ address })) },
            })),
          },
        };
  };
  return stringify({ ...section(Protocol.Tcp), ...section(Protocol.Udp) });
}

const named = <T>(routes: readonly FileRoute[], make: (route: FileRoute) => T) =>
  sortedByKey(Object.fromEntries(routes.map((route) => [route.name, make(route)])));

function router({ name, protocol, port, tls }: FileRoute) {
  return {
    ...(protocol === Protocol.Tcp
      ? { rule: tcpMatch(tls && { mode: tls.mode, hosts: tls.hosts }) }
      : {}),
    entryPoints: [entryPointName(protocol, port)],
    service: name,
    ...(tls === undefined
      ? {}
      : { tls: tls.mode === TlsMode.Passthrough ? { passthrough: true } : {} }),
  };
}

/** @throws InputPropertyError naming the route. */
export function checkFileRoutes(routes: readonly FileRoute[], pools: PortPools): void {
  const names = new Set<string>();
  const whole = new Map<string, string>();
  each(routes, ({ name, protocol, port, upstreams, tls }, index) => {
    const at = `routes[${index}]`;
    const range = protocol === Protocol.Udp ? pools.udp : pools.tcp;
    together(
      () => {
        if (!/^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$/.test(name) || names.has(name)) {
          invalid(
            `${at}.name`,
            `"${name}" is no name, or used twice: 1 to 63 of a-z, 0-9, - and _`,
          );
        }
        names.add(name);
      },
      () => {
        if (port < range.from || port > range.to) {
          invalid(`${at}.port`, `${port} is not of the pool: ${range.from} to ${range.to}`);
        }
        const key = entryPointName(protocol, port);
        const other = whole.get(key);
        if (other !== undefined) {
          invalid(
            `${at}.port`,
            `${port} has the route "${other}" already, which takes everything on it`,
          );
        }
        if (tls === undefined) {
          whole.set(key, name);
        }
      },
      () => {
        if (tls !== undefined && protocol === Protocol.Udp) {
          invalid(`${at}.tls`, "is given, but UDP has no names to route by: leave it out");
        }
      },
      () => {
        if (upstreams.length === 0) {
          invalid(`${at}.upstreams`, "is empty: give at least one address:port");
        }
        each(upstreams, (address, n) => {
          if (!/^(\[[0-9a-f:.]+\]|[^:/\s]+):\d{1,5}$/i.test(address)) {
            invalid(`${at}.upstreams[${n}]`, `"${address}" is not address:port, without http://`);
          }
        });
      },
    );
  });
}

/** Fingerprint of the TCP routes, whatever order they come in. */
export const hashTcpRoutes = (routes: readonly FileRoute[]): string => hash(routes, Protocol.Tcp);

/** Fingerprint of the UDP routes, whatever order they come in. */
export const hashUdpRoutes = (routes: readonly FileRoute[]): string => hash(routes, Protocol.Udp);

function hash(routes: readonly FileRoute[], protocol: Protocol): string {
  const own = routes
    .filter((route) => route.protocol === protocol)
    .map(({ name, port, upstreams, tls }) => [
      name,
      port,
      [...upstreams].sort(),
      tls === undefined ? null : [tls.mode, [...tls.hosts].sort()],
    ])
    .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(own)).digest("hex");
}
