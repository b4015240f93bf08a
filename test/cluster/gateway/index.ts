import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import { Config } from "@pulumi/pulumi";
import {
  MetalLb,
  MetalLbAddressPool,
  MetalLbUdpLoadBalancer,
  Protocol,
} from "../../../components/metallb/index.ts";
import { portsOf } from "../../../components/traefik/entry-points.ts";
import {
  L4Gateway,
  TcpApplication,
  TcpRoute,
  TlsMode,
  UdpRoute,
} from "../../../components/traefik/index.ts";
import {
  MARIADB_SHELL,
  POSTGRES_SHELL,
  REDIS_SHELL,
  server,
  service,
} from "../servers/workloads.ts";
import { CLIENT_PORTS, TCP, UDP } from "./ports.ts";

/**
 * A gateway with 200 ports from nothing: MetalLB, Traefik with a route on each port, databases and
 * other servers behind it. `certificates` has a certificate and its key for each TLS name.
 */
const config = new Config();
const [l4Address = "", httpsAddress = ""] = config.requireObject<string[]>("addresses");
const metallb = new MetalLb("metallb", { chart: config.require("chart"), timeoutSeconds: 120 });
const lan = new MetalLbAddressPool("lan", {
  namespace: metallb.namespace,
  addresses: [config.require("pool")],
});
const l4 = new L4Gateway("l4", {
  chart: config.require("traefikChart"),
  values: { image: { tag: config.require("traefikTag") } },
});
const { pool } = lan;
const onGateway = { pool, namespace: l4.namespace, selector: l4.selector };
const addresses = [l4Address];
new MetalLbUdpLoadBalancer("l4", { ...onGateway, addresses, ports: l4.ports });
new MetalLbUdpLoadBalancer("https", {
  ...onGateway,
  addresses: [httpsAddress],
  ports: [{ name: "https", port: 443, targetPort: 8443, protocol: Protocol.Tcp }],
});

const servers = new Namespace("servers", {
  metadata: { name: "servers", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
});
const namespace = servers.metadata.name;
const { gateway } = l4;
const certificates =
  config.requireObject<Record<string, { "tls.crt": string; "tls.key": string }>>("certificates");
const certificate = (name: string) =>
  new Secret(`${name}-tls`, {
    metadata: { namespace },
    type: "kubernetes.io/tls",
    stringData: certificates[name] ?? {},
  }).metadata.name;
const passed = (name: string) => ({ mode: TlsMode.Passthrough, hosts: [`${name}.lan.test`] });

// A route on every port: those of real servers, and a server that says which port it was.
const echoed = { tcp: portsOf(TCP).slice(CLIENT_PORTS.length), udp: portsOf(UDP) };
const ends = [echoed.tcp[0], echoed.tcp.at(-1), UDP.from, UDP.to].map(String);
server("echo", { namespace, args: ["ports", ...ends], port: Number(ends[0]) });
service("echo", namespace, [
  ...echoed.tcp.map((port) => ({ port, protocol: "TCP" })),
  ...echoed.udp.map((port) => ({ port, protocol: "UDP" })),
]);
for (const port of echoed.tcp) {
  new TcpRoute(`tcp-${port}`, { gateway, namespace, port, backends: [{ service: "echo", port }] });
}
for (const port of echoed.udp) {
  new UdpRoute(`udp-${port}`, { gateway, namespace, port, backends: [{ service: "echo", port }] });
}

const [postgresPort = 0, namedPostgresPort = 0, redisPort = 0, mariadbPort = 0, tlsPort = 0] =
  CLIENT_PORTS;
const database = { namespace, tlsSecret: certificate("db"), port: 5432, shell: POSTGRES_SHELL };
server("postgres", database);
server("redis", { namespace, port: 6379, shell: REDIS_SHELL });
server("mariadb", { namespace, port: 3306, shell: MARIADB_SHELL });
for (const [name, port] of Object.entries({ postgres: 5432, redis: 6379, mariadb: 3306 })) {
  service(name, namespace, [{ port }]);
}
const postgres = { gateway, namespace, backends: [{ service: "postgres", port: 5432 }] };
new TcpRoute("postgres", { ...postgres, port: postgresPort });
new TcpRoute("postgres-named", {
  ...{ ...postgres, port: namedPostgresPort, application: TcpApplication.Postgres },
  tls: passed("db"),
});
const redis = [{ service: "redis", port: 6379 }];
new TcpRoute("redis", { gateway, namespace, port: redisPort, backends: redis });
const mariadb = [{ service: "mariadb", port: 3306 }];
new TcpRoute("mariadb", { gateway, namespace, port: mariadbPort, backends: mariadb });
for (const name of ["alpha", "beta"]) {
  const tlsSecret = certificate(name);
  server(name, { namespace, tlsSecret, args: ["tls", name], port: 8443 });
  service(name, namespace, [{ port: 8443 }]);
  const backends = [{ service: name, port: 8443 }];
  new TcpRoute(name, { gateway, namespace, port: tlsPort, backends, tls: passed(name) });
}
