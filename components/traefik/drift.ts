import { createHash } from "node:crypto";
import { Protocol } from "../endpoint/index.ts";
import { entryPointName } from "./entry-points.ts";
import type { FileRoute } from "./file-config.ts";
import { TlsMode, tcpMatch } from "./route-args.ts";

/** A route in the one form in which what is wanted and what is served can be compared. */
export interface RouteView {
  readonly protocol: Protocol;
  readonly entryPoint: string;
  /** Rule of a TCP route; empty for UDP. */
  readonly rule: string;
  /** `passthrough`, `terminate`, or empty without TLS. */
  readonly tls: string;
  /** Backends, sorted; empty where they are not compared, as pods of a cluster come and go. */
  readonly servers: readonly string[];
  /** Name to tell people. */
  readonly name: string;
}

/** What differs, and what to do about it. */
export interface DriftReport {
  /** True if the gateway serves what the routes say, and nothing else. */
  readonly inSync: boolean;
  /** Fingerprints of the TCP and the UDP routes, as they should be and as they are. */
  readonly hashes: Readonly<
    Record<"tcp" | "udp", { readonly expected: string; readonly served: string }>
  >;
  /** A line for each difference, with the command that mends it. */
  readonly lines: readonly string[];
}

/** Answers of Traefik's API: `/api/tcp/routers`, `/api/tcp/services` and the same of UDP. */
export interface TraefikApi {
  readonly tcpRouters: readonly ApiRouter[];
  readonly tcpServices: readonly ApiService[];
  readonly udpRouters: readonly ApiRouter[];
  readonly udpServices: readonly ApiService[];
}

interface ApiRouter {
  readonly name: string;
  readonly entryPoints?: readonly string[];
  readonly service: string;
  readonly rule?: string;
  readonly status?: string;
  readonly provider?: string;
  readonly tls?: { readonly passthrough?: boolean };
}

interface ApiService {
  readonly name: string;
  readonly loadBalancer?: { readonly servers?: readonly { readonly address: string }[] };
}

/** What the routes of a file say. */
export const expectedRoutes = (routes: readonly FileRoute[]): RouteView[] =>
  routes.map(({ name, protocol, port, tls, upstreams }) => ({
    protocol,
    entryPoint: entryPointName(protocol, port),
    rule: protocol === Protocol.Tcp ? tcpMatch(tls && { mode: tls.mode, hosts: tls.hosts }) : "",
    tls: tls === undefined ? "" : tls.mode === TlsMode.Passthrough ? "passthrough" : "terminate",
    servers: [...upstreams].sort(),
    name,
  }));

/** What a Traefik serves, by its own word. Routes that it disabled over a mistake are not served. */
export function servedRoutes(api: TraefikApi): RouteView[] {
  const views = (
    protocol: Protocol,
    routers: readonly ApiRouter[],
    services: readonly ApiService[],
  ): RouteView[] =>
    routers
      .filter(({ status, provider }) => status !== "disabled" && provider !== "internal")
      .flatMap(({ name, entryPoints, service, rule, tls, provider }) => {
        const found = services.find(
          (one) => one.name === service || one.name === `${service}@${provider}`,
        );
        const servers = (found?.loadBalancer?.servers ?? []).map(({ address }) => address).sort();
        return (entryPoints ?? []).map((entryPoint) => ({
          protocol,
          entryPoint,
          rule: protocol === Protocol.Tcp ? (rule ?? "") : "",
          tls: tls === undefined ? "" : tls.passthrough === true ? "passthrough" : "terminate",
          servers,
          name: name.replace(/@[^@]*$/, ""),
        }));
      });
  return [
    ...views(Protocol.Tcp, api.tcpRouters, api.tcpServices),
    ...views(Protocol.Udp, api.udpRouters, api.udpServices),
  ];
}

/**
 * Compares what routes say with what a gateway serves.
 *
 * @param compareServers Whether backends count. In a cluster they are addresses of pods, which
 * change by themselves: leave it out there.
 */
export function driftReport(
  expected: readonly RouteView[],
  served: readonly RouteView[],
  compareServers = false,
): DriftReport {
  const key = ({ protocol, entryPoint, rule }: RouteView) => `${protocol} ${entryPoint} ${rule}`;
  const body = ({ tls, servers }: RouteView) =>
    JSON.stringify(compareServers ? [tls, servers] : [tls]);
  const known = new Map(served.map((view) => [key(view), view]));
  const wanted = new Set(expected.map(key));
  const lines = [
    ...expected.flatMap((view) => {
      const found = known.get(key(view));
      const where = `${view.name} (${view.entryPoint})`;
      if (found === undefined) {
        return [
          `${where} is not served: run pulumi up, then look for errors of the route in Traefik's log`,
        ];
      }
      return body(found) === body(view)
        ? []
        : [
            `${where} is served otherwise, as ${body(found)} and not ${body(view)}: run pulumi up --refresh`,
          ];
    }),
    ...served
      .filter((view) => !wanted.has(key(view)))
      .map(
        (view) =>
          `${view.name} (${view.entryPoint}) is served, but no route here says so: delete it, or take it into a stack with pulumi import`,
      ),
  ].sort();
  const hash = (views: readonly RouteView[], protocol: Protocol) =>
    createHash("sha256")
      .update(
        JSON.stringify(
          views
            .filter((view) => view.protocol === protocol)
            .map((view) => `${key(view)} ${body(view)}`)
            .sort(),
        ),
      )
      .digest("hex");
  const both = (protocol: Protocol) => ({
    expected: hash(expected, protocol),
    served: hash(served, protocol),
  });
  return {
    inSync: lines.length === 0,
    hashes: { tcp: both(Protocol.Tcp), udp: both(Protocol.Udp) },
    lines,
  };
}
