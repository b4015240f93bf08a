import type { Input } from "@pulumi/pulumi";
import { hostName } from "../endpoint/host-name.ts";
import { Protocol } from "../endpoint/index.ts";
import { each, invalid, together } from "../endpoint/invalid.ts";
import { isPlain } from "../endpoint/plain.ts";
import { oneOf, whole } from "../endpoint/values.ts";
import { entryPointName } from "./entry-points.ts";
import type { L4GatewayInfo } from "./gateway-args.ts";

/** A Service that gets a route's traffic. */
export interface RouteBackendArgs {
  /** Name of the Service, in the route's namespace. */
  readonly service: Input<string>;
  /** Port of the Service. */
  readonly port: number;
  /** Share of new sessions, beside other backends, from 0. Left out: 1. */
  readonly weight?: number;
}

/** What every route takes. */
export interface RouteArgs {
  /** `gateway` of an `L4Gateway`, of this stack or of another one. */
  readonly gateway: Input<L4GatewayInfo>;
  /**
   * Port of the gateway, of its pool for the protocol: a number of your own, or `port` of a
   * `PortAllocation`. It decides the entry point, so it is always given: a route without one would
   * take the traffic of all of them.
   */
  readonly port: Input<number>;
  /** Services that get the traffic, at least one. */
  readonly backends: readonly RouteBackendArgs[];
  /** Namespace of the route and its Services. Left out: `default`. */
  readonly namespace?: Input<string>;
}

/** What a client speaks; those who let the server speak first can't be routed by a TLS name. */
export const TcpApplication = {
  /** The client speaks first, or speaks TLS from the first byte. */
  ClientFirst: "CLIENT_FIRST",
  /** MySQL, MariaDB: the server greets first, TLS begins afterwards. */
  MySql: "MYSQL",
  /** PostgreSQL: Traefik itself answers its request for TLS, so names work. */
  Postgres: "POSTGRES",
  /** SSH, SMTP, FTP, IMAP, POP3 and whatever else begins with a greeting of the server. */
  ServerFirst: "SERVER_FIRST",
} as const;
export type TcpApplication = (typeof TcpApplication)[keyof typeof TcpApplication];

/** Who ends TLS. */
export const TlsMode = {
  /** The backend: Traefik reads the name in the first message, and passes all on. */
  Passthrough: "PASSTHROUGH",
  /** Traefik, with a certificate of a Secret. */
  Terminate: "TERMINATE",
} as const;
export type TlsMode = (typeof TlsMode)[keyof typeof TlsMode];

/** TLS of a TCP route. */
export interface RouteTlsArgs {
  /** `PASSTHROUGH` or `TERMINATE`. */
  readonly mode: TlsMode;
  /** Names that clients ask for (SNI), at least one. Several routes may share a port by their names. */
  readonly hosts: readonly string[];
  /** Secret of type `kubernetes.io/tls` in the route's namespace. Goes with `TERMINATE`. */
  readonly secretName?: Input<string>;
}

/** A TCP port of a gateway. */
export interface TcpRouteArgs extends RouteArgs {
  /** Route by TLS name. Left out: whatever comes on the port goes to the backends. */
  readonly tls?: RouteTlsArgs;
  /** What clients speak. Left out: told by well-known ports of the backends, else `CLIENT_FIRST`. */
  readonly application?: TcpApplication;
}

/** Ports whose servers greet first. Those of TLS from the first byte (465, 990, 993, 995) do not. */
const GREETING_PORTS: Readonly<Record<number, TcpApplication>> = {
  21: TcpApplication.ServerFirst,
  22: TcpApplication.ServerFirst,
  25: TcpApplication.ServerFirst,
  110: TcpApplication.ServerFirst,
  143: TcpApplication.ServerFirst,
  587: TcpApplication.ServerFirst,
  3306: TcpApplication.MySql,
};

const HOST = new RegExp(hostName({ wildcard: true, labels: 1 }), "i");

/** @throws InputPropertyError naming the property, the limit and the way out. */
export function checkRoute(args: RouteArgs): void {
  together(
    () => {
      if (args.backends.length === 0) {
        invalid("backends", "is empty: give at least one { service, port }");
      }
    },
    () => {
      if (isPlain(args.port)) {
        whole("port", args.port, { min: 1, max: 65_535 });
      }
    },
    () =>
      each(args.backends, ({ port, weight = 1 }, index) =>
        together(
          () => whole(`backends[${index}].port`, port, { min: 1, max: 65_535 }),
          () => whole(`backends[${index}].weight`, weight, { min: 0, max: 1_000_000 }),
        ),
      ),
  );
}

/** @throws InputPropertyError naming the property, the limit and the way out. */
export function checkTcpRoute(args: TcpRouteArgs): void {
  const { tls, application } = args;
  together(
    () => checkRoute(args),
    () => application !== undefined && oneOf("application", application, TcpApplication),
    () => tls !== undefined && checkTls(tls, applicationOf(args)),
  );
}

function applicationOf({ application, backends }: TcpRouteArgs): TcpApplication {
  const known = backends.map(({ port }) => GREETING_PORTS[port]).find((one) => one !== undefined);
  return application ?? known ?? TcpApplication.ClientFirst;
}

function checkTls(tls: RouteTlsArgs, application: TcpApplication): void {
  const greets: readonly TcpApplication[] = [TcpApplication.MySql, TcpApplication.ServerFirst];
  together(
    () => oneOf("tls.mode", tls.mode, TlsMode),
    () => {
      if (tls.hosts.length === 0) {
        invalid("tls.hosts", "is empty: give the names that clients ask for, or leave tls out");
      }
    },
    () =>
      each(tls.hosts, (host, index) => {
        if (!HOST.test(host)) {
          invalid(`tls.hosts[${index}]`, `"${host}" is not a host name`);
        }
      }),
    () => {
      if ((tls.mode === TlsMode.Terminate) !== (tls.secretName !== undefined)) {
        invalid(
          "tls.secretName",
          tls.secretName === undefined
            ? "is missing: TERMINATE needs the Secret with the certificate"
            : "is given, but with PASSTHROUGH the backend has the certificate: leave it out",
        );
      }
    },
    () => {
      if (greets.includes(application)) {
        invalid(
          "tls",
          `is given, but of ${application} the server speaks first: Traefik would wait for a name that the client sends only after the greeting, and both wait for ever. Leave tls out and give the service a port of its own`,
        );
      }
    },
  );
}

/**
 * The name of the entry point, which is the port.
 *
 * @throws InputPropertyError for a port that the gateway does not have.
 */
export function entryPointOf(protocol: Protocol, port: number, gateway: L4GatewayInfo): string {
  const range = protocol === Protocol.Udp ? gateway.udp : gateway.tcp;
  if (port < range.from || port > range.to) {
    invalid(
      "port",
      `${port} is not a ${protocol} port of the gateway, which has ${range.from} to ${range.to}: nobody listens there. Take one of these, or widen the pool, which restarts Traefik`,
    );
  }
  return entryPointName(protocol, port);
}

/** Rule of a TCP route: names of TLS, or everything. */
export const tcpMatch = (tls: RouteTlsArgs | undefined): string =>
  // Without TLS there is no name to match, and any other rule takes no connection at all.
  tls === undefined ? "HostSNI(`*`)" : tls.hosts.map((host) => sniRule(host)).join(" || ");

const sniRule = (host: string): string =>
  host.startsWith("*.")
    ? `HostSNIRegexp(\`^[^.]+\\.${host.slice(2).replaceAll(".", "\\.")}$\`)`
    : `HostSNI(\`${host.toLowerCase()}\`)`;

/** `services` of a route in Kubernetes. */
export const routeServices = (backends: readonly RouteBackendArgs[]) =>
  backends.map(({ service, port, weight }) => ({
    name: service,
    port,
    ...(weight === undefined ? {} : { weight }),
  }));

/** `spec` of an IngressRouteUDP. UDP has no rules: the entry point is all there is. */
export const udpRouteSpec = <T>(entryPoint: T, backends: readonly RouteBackendArgs[]) => ({
  entryPoints: [entryPoint],
  routes: [{ services: routeServices(backends) }],
});

/** `spec` of an IngressRouteTCP. */
export const tcpRouteSpec = <T>(entryPoint: T, { backends, tls }: TcpRouteArgs) => ({
  entryPoints: [entryPoint],
  routes: [{ match: tcpMatch(tls), services: routeServices(backends) }],
  ...(tls === undefined
    ? {}
    : {
        tls:
          tls.mode === TlsMode.Passthrough ? { passthrough: true } : { secretName: tls.secretName },
      }),
});

/** Annotation that tells gateways of one cluster apart. */
export const routeAnnotations = (routeClass: string): Record<string, string> =>
  routeClass === "" ? {} : { "kubernetes.io/ingress.class": routeClass };
